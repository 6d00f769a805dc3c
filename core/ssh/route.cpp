#include "core/ssh/route.h"

namespace pigsty::ssh {

std::string to_string(const Endpoint& endpoint) {
    return endpoint.user + "@" + endpoint.host + ":" + std::to_string(endpoint.port);
}

std::string session_key(const Route& route) {
    std::string key = to_string(route.endpoint);
    for (auto hop = route.bastions.rbegin(); hop != route.bastions.rend(); ++hop)
        key += " via " + to_string(hop->endpoint);
    if (!route.proxy_command.empty()) key += " via " + route.proxy_command;
    return key;
}

Route route_to_last_bastion(const Route& route) {
    Route shorter = route;
    shorter.endpoint = route.bastions.back().endpoint;
    shorter.credentials = route.bastions.back().credentials;
    shorter.bastions.pop_back();
    return shorter;
}

}  // namespace pigsty::ssh
