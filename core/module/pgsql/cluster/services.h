// The services of a cluster: its own and the default ones, its own winning by name; and the members as services see them.
#pragma once

#include <string>
#include <vector>

#include "core/module/pgsql/spec/spec.h"
#include "core/render/haproxy.h"

namespace pigsty::module::pgsql {

render::Services services_of(const PgCluster& cluster);
std::vector<render::ServiceMember> service_members(const PgCluster& cluster);
// Where services with `dest = "default"` lead. A standby cluster has no lists of pgbouncer's: they come with users and databases.
std::string default_dest_of(const PgCluster& cluster);
// HAProxy's names of those that lead to the leader, whoever it is: they serve as soon as it leads.
std::vector<std::string> leader_proxies(const PgCluster& cluster);

// Attribute `endpoints`: where clients of a service connect. `uri` names every host, so that libpq and its kin find the one
// that answers; it holds no password.
struct Endpoint {
    std::vector<std::string> hosts;
    std::int64_t port = 0;
    std::string uri;
    bool operator==(const Endpoint&) const = default;
};
// Services of `after` on a port that one of `before` has, which is of it no more, with that one's name: its file goes after the
// new one has come, and HAProxy would have the port twice meanwhile.
std::map<std::string, std::string> taken_over_ports(const PgCluster& before, const PgCluster& after);

std::map<std::string, Endpoint> endpoints_of(const PgCluster& cluster);

}  // namespace pigsty::module::pgsql
