#include "core/render/haproxy.h"

#include <charconv>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "core/base/text.h"
#include "core/base/unknown.h"
#include "core/render/banner.h"
#include "core/render/haproxy_words.h"
#include "core/render/patroni.h"
#include "core/render/selector.h"

namespace pigsty::render {
namespace {

nlohmann::json facts_of(const ServiceMember& member, std::string_view cluster) {
    return {{"pg_cluster", cluster},
            {"pg_seq", member.number},
            {"pg_role", member.role},
            {"pg_offline_query", member.offline_query},
            {"pg_weight", member.weight},
            {"pg_port", member.port},
            {"pgbouncer_port", member.pgbouncer_port},
            {"patroni_port", member.rest_port},
            {"patroni_ssl_enabled", member.rest_ssl},
            {"inventory_hostname", member.address}};
}

Result<std::int64_t> destination_port(std::string_view dest, const ServiceMember& member,
                                      std::string_view default_dest) {
    const std::string_view meant = dest == "default" ? default_dest : dest;
    if (meant == "postgres") return member.port;
    if (meant == "pgbouncer") return member.pgbouncer_port;
    std::int64_t port = 0;
    const auto [end, problem] = std::from_chars(meant.data(), meant.data() + meant.size(), port);
    if (problem == std::errc{} && end == meant.data() + meant.size() && port >= 1 && port <= 65535) return port;
    return fail(Error{.code = ErrorCode::invalid, .message = fmt::format("dest: there is no destination \"{}\"", meant)}
                    .with_hint("it is default, postgres, pgbouncer or a port number"));
}

std::string server_line(const ServiceMember& member, std::int64_t port, bool backup) {
    return fmt::format("    server {} {}{} check port {} weight {}{}\n", member.name, host_port(member.address, port),
                       member.rest_ssl ? fmt::format(" check-ssl ca-file {}", kCaCertificate) : std::string(),
                       member.rest_port, member.weight, backup ? " backup" : "");
}

}  // namespace

const Services& default_services() {
    static const Services services{
        {"primary", {.port = 5433, .check = "/primary"}},
        {kReplicaService,
         {.port = 5434,
          .selector = "[? pg_role != `delayed` ]",
          .check = "/read-only",
          .backup = "[? pg_role == `primary` || pg_role == `offline` ]"}},
        {"default", {.port = 5436, .dest = "postgres", .check = "/primary"}},
        {"offline",
         {.port = 5438,
          .selector = "[? pg_role == `offline` || pg_offline_query ]",
          .dest = "postgres",
          .check = "/replica",
          .backup = "[? pg_role == `replica` && !pg_offline_query ]"}},
    };
    return services;
}

Service standby_service(bool quorum) {
    return {.port = 5435, .check = quorum ? "/quorum" : "/sync", .backup = "[? pg_role == `primary` ]"};
}

std::string render_haproxy_base(bool knows_fd_hard_limit) {
    // A limit on files instead of `maxconn 65535`: the same where the system allows it, and where it allows less
    // (a container) HAProxy starts with less instead of not at all.
    return banner("#", fmt::format("Services are in {}.", kHaproxyServices)) +
           fmt::format(
               "global\n"
               "    user haproxy\n"
               "    group haproxy\n"
               "{}"
               "    stats socket /run/haproxy.sock mode 600 level admin\n"
               "\n"
               "defaults\n"
               "    mode tcp\n"
               "    maxconn 65535\n"
               "    retries 3\n"
               "    timeout queue 3s\n"
               "    timeout connect 3s\n"
               "    timeout check 3s\n"
               "    timeout client 24h\n"
               "    timeout server 24h\n"
               "\n"
               "listen stats\n"
               "    bind 127.0.0.1:{}\n"
               "    mode http\n"
               "    stats enable\n"
               "    stats uri /\n"
               "    stats refresh 30s\n"
               "    http-request use-service prometheus-exporter if {{ path /metrics }}\n",
               knows_fd_hard_limit ? "    fd-hard-limit 131200\n" : "", kHaproxyStatsPort);
}

Result<std::string> render_haproxy_service(std::string_view cluster, std::string_view name, const Service& service,
                                           const std::vector<ServiceMember>& members,
                                           std::string_view default_service_dest, std::string_view rto) {
    if (!service.options && has_unknown(rto)) return fmt::format("# {}\n", rto);
    for (const std::string* const text :
         {&service.selector, &service.dest, &service.ip, &service.check, &service.balance})
        if (has_unknown(*text)) return fmt::format("# {}\n", *text);
    for (const auto* const text : {&service.backup, &service.options})
        if (*text && has_unknown(**text)) return fmt::format("# {}\n", **text);
    const auto refused = [&](std::string_view what, const std::string& problem) {
        return fail(ErrorCode::invalid, fmt::format("service {}: {} {}", name, what, problem));
    };
    if (const auto problem = haproxy_path_problem(service.check)) return refused("check", *problem);
    if (const auto problem = haproxy_line_problem(service.ip)) return refused("ip", *problem);
    if (const auto problem = haproxy_line_problem(service.balance)) return refused("balance", *problem);
    if (const auto problem = haproxy_server_options_problem(service.options.value_or("")))
        return refused("options", *problem);
    TRY(const Selector selected, Selector::parse(service.selector));
    std::optional<Selector> backup;
    if (service.backup) {
        TRY(Selector parsed, Selector::parse(*service.backup));
        backup = std::move(parsed);
    }

    std::string servers;
    std::string backups;  // behind the others, those that serve as nothing else last
    std::string only_backups;
    for (const ServiceMember& member : members) {
        const nlohmann::json facts = facts_of(member, cluster);
        const bool serves = selected.matches(facts);
        const bool is_backup = backup && backup->matches(facts);
        if (!serves && !is_backup) continue;
        TRY(const std::int64_t port, destination_port(service.dest, member, default_service_dest));
        (!is_backup ? servers : serves ? backups : only_backups) += server_line(member, port, is_backup);
    }
    // Whom a condition on addresses finds is not known while one address is not.
    const bool asks_address =
        selected.names().contains("inventory_hostname") || (backup && backup->names().contains("inventory_hostname"));
    std::string unknown;
    if (asks_address)
        for (const ServiceMember& member : members)
            if (has_unknown(member.address)) unknown += fmt::format("    # {}\n", member.address);

    return banner() +
           fmt::format(
               "listen {}-{}\n"
               "    bind {}:{}\n"
               "    mode tcp\n"
               "    maxconn {}\n"
               "    balance {}\n"
               "    option httpchk\n"
               "    option http-keep-alive\n"
               "    http-check send meth OPTIONS uri {}\n"
               "    http-check expect status 200\n"
               "    default-server {}\n",
               cluster, name, service.ip, service.port, service.maxconn, service.balance, service.check,
               service.options.value_or(default_server(failover_plan(rto)))) +
           servers + backups + only_backups + unknown;
}

}  // namespace pigsty::render
