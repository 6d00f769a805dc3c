#include "core/module/pgsql/cluster/services.h"

#include <charconv>

#include "core/base/text.h"
#include "core/module/pgsql/spec/failover.h"
#include "core/module/pgsql/spec/reach.h"

namespace pigsty::module::pgsql {
namespace {

// Leads to the leader, whoever of the members that is.
bool follows_leader(const render::Service& service) {
    const render::Service plain;
    return service.check == "/primary" && service.selector == plain.selector;
}

}  // namespace

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
                           .rest_port = cluster.patroni.port,
                           .rest_ssl = rest_ssl(cluster)});
    }
    return members;
}

std::string default_dest_of(const PgCluster& cluster) {
    return cluster.standby ? "postgres" : cluster.default_service_dest;
}

std::vector<std::string> leader_proxies(const PgCluster& cluster) {
    std::vector<std::string> names;
    if (cluster.standby) return names;  // nobody answers to /primary
    for (const auto& [name, service] : services_of(cluster))
        if (follows_leader(service)) names.push_back(cluster.name + "-" + name);
    return names;
}

std::map<std::string, std::string> taken_over_ports(const PgCluster& before, const PgCluster& after) {
    const render::Services old = services_of(before), wanted = services_of(after);
    std::map<std::string, std::string> taken;
    for (const auto& [name, service] : wanted) {
        if (old.contains(name) && old.at(name).port == service.port) continue;
        for (const auto& [other, was] : old)
            if (was.port == service.port && other != name && !wanted.contains(other)) taken.emplace(name, other);
    }
    return taken;
}

std::map<std::string, Endpoint> endpoints_of(const PgCluster& cluster) {
    std::map<std::string, Endpoint> endpoints;
    for (const auto& [name, service] : services_of(cluster)) {
        Endpoint endpoint{.hosts = {}, .port = service.port, .uri = {}};
        // Where the leader's services listen on every address, the virtual one is the shortest way to it.
        if (cluster.vip && follows_leader(service) && service.ip == "*") endpoint.hosts.push_back(vip_host(cluster));
        for (const auto& [number, instance] : cluster.instances) endpoint.hosts.push_back(instance.node.address);
        std::string authority;
        for (const std::string& host : endpoint.hosts)
            authority += (authority.empty() ? "" : ",") + host_port(host, service.port);
        endpoint.uri = "postgresql://" + authority + "/";
        endpoints.emplace(name, std::move(endpoint));
    }
    return endpoints;
}

}  // namespace pigsty::module::pgsql
