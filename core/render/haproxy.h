// HAProxy: the base configuration that every node shares, and one file per service.
//
//     put_file("/etc/haproxy/haproxy.cfg", render_haproxy_base());
//     TRY(const std::string text, render_haproxy_service("pg-test", "primary", service, members, "pgbouncer"));
//     put_file("/etc/haproxy/conf.d/pg-test-primary.cfg", text);
//
// Declared roles decide who is a backup, Patroni's health checks decide who serves: a failover changes no file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/render/failover_plan.h"
#include "core/render/service.h"

namespace pigsty::render {

struct ServiceMember {
    std::string name;     // pg-test-1
    std::int64_t number;  // 1
    std::string address;
    std::string role = "replica";
    bool offline_query = false;
    std::int64_t weight = 100;
    std::int64_t port = 5432;
    std::int64_t pgbouncer_port = 6432;
    std::int64_t rest_port = 8008;
    bool rest_ssl = true;
};

// The same text for everything on a node that wants HAProxy: it names nobody. `fd-hard-limit` came with 2.6.
std::string render_haproxy_base(bool knows_fd_hard_limit = true);

// `rto`: name of the failover plan, which says how quickly a server is found dead or alive where the service does not.
// Error `invalid` where a selector, the destination or an option cannot be understood.
Result<std::string> render_haproxy_service(std::string_view cluster, std::string_view name, const Service& service,
                                           const std::vector<ServiceMember>& members,
                                           std::string_view default_service_dest,
                                           std::string_view rto = kNormalFailover);

inline constexpr const char* kHaproxyConfig = "/etc/haproxy/haproxy.cfg";
inline constexpr const char* kHaproxyServices = "/etc/haproxy/conf.d";
inline constexpr std::int64_t kHaproxyStatsPort = 9101;  // on loopback

}  // namespace pigsty::render
