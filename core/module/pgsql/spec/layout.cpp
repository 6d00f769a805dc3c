#include "core/module/pgsql/spec/layout.h"

#include "core/converge/members.h"

namespace pigsty::module::pgsql {

std::vector<converge::Member> members_of(const PgCluster& cluster) {
    return converge::members_of(cluster.name, cluster.instances, &Instance::node);
}

Connection connection_of(const PgCluster& cluster, const std::string& id) {
    Connection connection{.id = id, .name = cluster.name, .members = {}};
    for (const auto& [number, instance] : cluster.instances) connection.members.emplace(number, instance.node);
    return connection;
}

}  // namespace pigsty::module::pgsql
