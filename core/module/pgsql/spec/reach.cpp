#include "core/module/pgsql/spec/reach.h"

#include <algorithm>

#include "core/base/unknown.h"

namespace pigsty::module::pgsql {
std::optional<SharedAddress> vip_of(const PgCluster& cluster) {
    return cluster.vip ? parse_shared_address(cluster.vip->address) : std::nullopt;
}

std::string vip_host(const PgCluster& cluster) {
    const std::string& text = cluster.vip->address;
    return has_unknown(text) ? text : text.substr(0, text.find('/'));
}

std::vector<std::string> listen_of(const PgCluster& cluster) {
    if (cluster.listen) return *cluster.listen;
    return {std::string(kListenOwn), std::string(kListenLoopback)};
}

bool listens_on_vip(const PgCluster& cluster) {
    const std::vector<std::string> listen = listen_of(cluster);
    return cluster.vip && std::ranges::find(listen, kListenVip) != listen.end();
}

std::vector<std::string> listened(const PgCluster& cluster, std::string_view number) {
    const auto instance = cluster.instances.find(std::string(number));
    std::vector<std::string> addresses;
    std::vector<std::string> last;
    for (const std::string& entry : listen_of(cluster)) {
        if (entry == kListenOwn && instance != cluster.instances.end())
            addresses.push_back(instance->second.node.address);
        else if (entry == kListenLoopback)
            addresses.emplace_back("127.0.0.1");
        else if (entry == kListenVip && cluster.vip)
            last.push_back(vip_host(cluster));
        else
            addresses.push_back(entry);
    }
    addresses.insert(addresses.end(), last.begin(), last.end());
    return addresses;
}

std::string listen_addresses(const PgCluster& cluster, std::string_view number) {
    std::string text;
    for (const std::string& address : listened(cluster, number)) text += (text.empty() ? "" : ",") + address;
    return text;
}

Parameters member_settings(const PgCluster& cluster, const std::string& number) {
    const auto instance = cluster.instances.find(number);
    if (instance == cluster.instances.end()) return {};
    Parameters settings = parameters_of(instance->second);
    settings["listen_addresses"] = listen_addresses(cluster, number);
    return settings;
}

std::string watchdog_of(const PgCluster& cluster) {
    if (cluster.patroni.watchdog) return *cluster.patroni.watchdog;
    return cluster.template_name == "crit" ? "automatic" : "off";
}

}  // namespace pigsty::module::pgsql
