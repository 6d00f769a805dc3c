#include "core/module/pgsql/services.h"

#include <charconv>

#include "core/module/pgsql/layout.h"

namespace pigsty::module::pgsql {

render::Services services_of(const PgCluster& cluster) {
    render::Services services = cluster.services;
    const render::Services defaults = cluster.default_services.value_or(render::default_services());
    services.insert(defaults.begin(), defaults.end());
    return services;
}

std::vector<render::ServiceMember> service_members(const PgCluster& cluster) {
    std::vector<render::ServiceMember> members;
    for (const auto& [number, instance] : cluster.instances) {
        std::int64_t value = 0;
        std::from_chars(number.data(), number.data() + number.size(), value);
        members.push_back({.name = member_name(cluster, number),
                           .number = value,
                           .address = instance.node.address,
                           .role = instance.role,
                           .offline_query = instance.offline_query,
                           .weight = instance.weight,
                           .port = cluster.port,
                           .pgbouncer_port = cluster.pgbouncer.port,
                           .rest_port = kRestPort,
                           .rest_ssl = cluster.ssl});
    }
    return members;
}

std::map<std::string, Endpoint> endpoints_of(const PgCluster& cluster) {
    std::map<std::string, Endpoint> endpoints;
    for (const auto& [name, service] : services_of(cluster)) {
        Endpoint endpoint{.hosts = {}, .port = service.port, .uri = {}};
        std::string authority;
        for (const auto& [number, instance] : cluster.instances) {
            const std::string& address = instance.node.address;
            endpoint.hosts.push_back(address);
            const bool v6 = address.find(':') != std::string::npos;
            authority += (authority.empty() ? "" : ",") + (v6 ? "[" + address + "]" : address) + ":" +
                         std::to_string(service.port);
        }
        endpoint.uri = "postgresql://" + authority + "/";
        endpoints.emplace(name, std::move(endpoint));
    }
    return endpoints;
}

}  // namespace pigsty::module::pgsql
