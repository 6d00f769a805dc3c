#include "core/module/pgsql/cluster/services.h"

#include <charconv>

#include "core/base/text.h"
#include "core/module/pgsql/spec/failover.h"
#include "core/module/pgsql/spec/layout.h"

namespace pigsty::module::pgsql {

render::Services services_of(const PgCluster& cluster) {
    render::Services services = cluster.services;
    const render::Services defaults = default_services_of(cluster);
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

std::vector<std::string> leader_proxies(const PgCluster& cluster) {
    const render::Service plain;
    std::vector<std::string> names;
    for (const auto& [name, service] : services_of(cluster))
        if (service.check == "/primary" && service.selector == plain.selector)
            names.push_back(cluster.name + "-" + name);
    return names;
}

std::map<std::string, Endpoint> endpoints_of(const PgCluster& cluster) {
    std::map<std::string, Endpoint> endpoints;
    for (const auto& [name, service] : services_of(cluster)) {
        Endpoint endpoint{.hosts = {}, .port = service.port, .uri = {}};
        std::string authority;
        for (const auto& [number, instance] : cluster.instances) {
            const std::string& address = instance.node.address;
            endpoint.hosts.push_back(address);
            authority += (authority.empty() ? "" : ",") + host_port(address, service.port);
        }
        endpoint.uri = "postgresql://" + authority + "/";
        endpoints.emplace(name, std::move(endpoint));
    }
    return endpoints;
}

}  // namespace pigsty::module::pgsql
