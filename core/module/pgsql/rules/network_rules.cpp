#include <algorithm>
#include <charconv>
#include <map>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/module/pgsql/spec/failover.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/render/haproxy.h"
#include "core/render/haproxy_words.h"
#include "core/render/hba.h"
#include "core/render/selector.h"

namespace pigsty::module::pgsql {
namespace {

// Ports that something on every member listens on, with the words that name it.
class Ports {
  public:
    explicit Ports(Problems& problems) : problems_(problems) {}
    void taken(std::int64_t port, std::string by) { owners_.emplace(port, std::move(by)); }
    void take(const std::string& path, std::int64_t port) {
        problems_.check_port(path, port);
        const auto [owner, is_new] = owners_.emplace(port, path);
        if (!is_new)
            problems_.add(path, fmt::format("port {} is taken by {}", port, owner->second), "choose another port");
    }

  private:
    Problems& problems_;
    std::map<std::int64_t, std::string> owners_;
};

bool shares_a_node_with_etcd(const PgCluster& cluster) {
    return std::any_of(cluster.dcs.members.begin(), cluster.dcs.members.end(), [&](const auto& etcd) {
        return std::any_of(cluster.instances.begin(), cluster.instances.end(),
                           [&](const auto& ours) { return ours.second.node.address == etcd.second.address; });
    });
}

void check_ports(const PgCluster& cluster, Problems& problems) {
    Ports ports(problems);
    ports.taken(22, "SSH");
    ports.taken(render::kHaproxyStatsPort, "HAProxy's statistics");
    if (shares_a_node_with_etcd(cluster))
        for (const std::string& endpoint : cluster.dcs.endpoints) {
            std::int64_t port = 0;
            const std::size_t colon = endpoint.rfind(':') + 1;
            const auto parsed = std::from_chars(endpoint.data() + colon, endpoint.data() + endpoint.size(), port);
            if (parsed.ec == std::errc{} && port > 0) ports.taken(port, "etcd on the same node");
        }
    ports.take("patroni.port", cluster.patroni.port);
    ports.take("port", cluster.port);
    if (cluster.pgbouncer.enabled) ports.take("pgbouncer.port", cluster.pgbouncer.port);
    for (const auto& [name, service] : default_services_of(cluster))
        ports.take(entry("default_services", name) + ".port", service.port);
    for (const auto& [name, service] : cluster.services) ports.take(entry("services", name) + ".port", service.port);
}

void check_selector(const std::string& path, const std::string& text, Problems& problems) {
    if (has_unknown(text)) return;
    if (const auto selector = render::Selector::parse(text); !selector)
        problems.add(path, selector.error().message, selector.error().hint);
}

void check_destination(const std::string& path, const std::string& dest, Problems& problems) {
    if (has_unknown(dest) || dest == "default" || dest == "postgres" || dest == "pgbouncer") return;
    std::int64_t port = 0;
    const auto [end, problem] = std::from_chars(dest.data(), dest.data() + dest.size(), port);
    if (problem != std::errc{} || end != dest.data() + dest.size() || port < 1 || port > 65535)
        problems.add(path, fmt::format("expected default, postgres, pgbouncer or a port number, found \"{}\"", dest));
}

void check_service(const std::string& path, const std::string& name, const Service& service, Problems& problems) {
    if (!has_unknown(name) && !kServiceName.holds(name)) problems.add(path, expected(kServiceName, name));
    if (service.ip != "*" && !has_unknown(service.ip) &&
        (service.ip.find('/') != std::string::npos || !render::normalized_cidr(service.ip)))
        problems.add(path + ".ip", fmt::format("expected * or an IP address, found \"{}\"", service.ip));
    check_selector(path + ".selector", service.selector, problems);
    if (service.backup) check_selector(path + ".backup", *service.backup, problems);
    check_destination(path + ".dest", service.dest, problems);
    if (const auto problem = render::haproxy_path_problem(service.check); problem && !has_unknown(service.check))
        problems.add(
            path + ".check",
            fmt::format("expected a path of Patroni's REST interface, found \"{}\", which {}", service.check, *problem),
            "for example /primary, /replica, /read-only or /sync");
    if (!has_unknown(service.balance) && !render::is_haproxy_balance(service.balance))
        problems.add(path + ".balance", fmt::format("expected one word of HAProxy's, found \"{}\"", service.balance),
                     "for example roundrobin or leastconn");
    if (service.options && !has_unknown(*service.options))
        if (const auto problem = render::haproxy_server_options_problem(*service.options))
            problems.add(path + ".options",
                         fmt::format("expected words of one line of HAProxy's, found text that {}", *problem),
                         "for example inter 2s rise 3 fall 3");
    problems.check_range(path + ".maxconn", service.maxconn, kServiceConnections);
}

void check_services(const PgCluster& cluster, Problems& problems) {
    problems.check_choice("default_service_dest", cluster.default_service_dest, choices(kServiceDestinations));
    const Services defaults = default_services_of(cluster);
    for (const auto& [name, service] : defaults)
        check_service(entry("default_services", name), name, service, problems);
    for (const auto& [name, service] : cluster.services) {
        check_service(entry("services", name), name, service, problems);
        if (defaults.contains(name))
            problems.add(entry("services", name), fmt::format("the default services have a \"{}\", too", name),
                         "choose another name, or set default_services");
    }
    if (cluster.pgbouncer.enabled) return;
    const auto leads_to_pgbouncer = [&](const auto& named) {
        return named.second.dest == "pgbouncer" ||
               (named.second.dest == "default" && cluster.default_service_dest == "pgbouncer");
    };
    if (std::any_of(defaults.begin(), defaults.end(), leads_to_pgbouncer) ||
        std::any_of(cluster.services.begin(), cluster.services.end(), leads_to_pgbouncer))
        problems.add("default_service_dest", "services lead to pgbouncer, which is switched off",
                     "set default_service_dest = \"postgres\"");
}

void check_rules(const std::string& path, const std::vector<HbaRule>& rules, const render::HbaContext& context,
                 render::HbaTarget target, bool own, Problems& problems) {
    for (std::size_t i = 0; i < rules.size(); ++i)
        for (const render::HbaProblem& problem : render::check_hba_rule(rules[i], context, target, own))
            problems.add(entry(path, i) + (problem.field.empty() ? "" : ".") + problem.field, problem.message,
                         problem.hint);
}

void check_hba(const PgCluster& cluster, Problems& problems) {
    render::HbaContext context{.networks = cluster.networks, .tls = cluster.ssl};
    for (const auto& [key, instance] : cluster.instances) context.members.push_back(instance.node.address);
    const auto target = render::HbaTarget::postgresql;
    if (cluster.default_hba_rules)
        check_rules("default_hba_rules", *cluster.default_hba_rules, context, target, false, problems);
    check_rules("hba_rules", cluster.hba_rules, context, target, true, problems);

    const Pgbouncer& pgbouncer = cluster.pgbouncer;
    context.tls = cluster.ssl && pgbouncer.ssl_mode != "disable";
    if (pgbouncer.default_hba_rules)
        check_rules("pgbouncer.default_hba_rules", *pgbouncer.default_hba_rules, context, render::HbaTarget::pgbouncer,
                    false, problems);
    check_rules("pgbouncer.hba_rules", pgbouncer.hba_rules, context, render::HbaTarget::pgbouncer, true, problems);
}

void check_networks(const Networks& networks, Problems& problems) {
    const auto check = [&](std::string_view name, const std::vector<std::string>& list) {
        for (std::size_t i = 0; i < list.size(); ++i)
            if (const auto cidr = render::normalized_cidr(list[i]); !cidr)
                problems.add(entry(fmt::format("networks.{}", name), i), cidr.error().message, cidr.error().hint);
    };
    if (networks.intra) check("intra", *networks.intra);
    check("admin", networks.admin);
    check("infra", networks.infra);
}

void check_pgbouncer(const PgCluster& cluster, Problems& problems) {
    const Pgbouncer& pgbouncer = cluster.pgbouncer;
    problems.check_pool_mode("pgbouncer.pool_mode", pgbouncer.pool_mode);
    problems.check_choice("pgbouncer.ssl_mode", pgbouncer.ssl_mode, choices(kTlsModes));
    if (!cluster.ssl && !has_unknown(pgbouncer.ssl_mode) && pgbouncer.ssl_mode != "disable")
        problems.add("pgbouncer.ssl_mode",
                     fmt::format("\"{}\" needs TLS, which ssl = false switches off", pgbouncer.ssl_mode),
                     "set ssl = true, or ssl_mode = \"disable\"");
}

void check_dcs(const PgCluster& cluster, Problems& problems) {
    const std::string& theirs = cluster.dcs.ca_fingerprint;
    const std::string& ours = cluster.ca.fingerprint;
    if (theirs.empty() || ours.empty() || has_unknown(theirs) || has_unknown(ours) || theirs == ours) return;
    problems.add("ca", fmt::format("etcd cluster {} trusts another CA than \"{}\"", cluster.dcs.name, cluster.ca.name),
                 "give both the same pigsty_ca");
}

}  // namespace

void check_network(const PgCluster& cluster, Problems& problems) {
    check_networks(cluster.networks, problems);
    check_hba(cluster, problems);
    check_pgbouncer(cluster, problems);
    check_services(cluster, problems);
    check_ports(cluster, problems);
    check_dcs(cluster, problems);
}

}  // namespace pigsty::module::pgsql
