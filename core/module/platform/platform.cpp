#include "core/module/platform/platform.h"

#include <algorithm>
#include <array>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace pigsty::module::platform {
namespace {

struct Minimum {
    Setting setting;
    Component component;
    Version version;
};

const Minimum& minimum_of(Setting setting) {
    static const std::vector<Minimum> minimums{
        {Setting::pgbouncer_max_prepared_statements, Component::pgbouncer, "1.21"},
        {Setting::patroni_failsafe_mode, Component::patroni, "3.0"},
        {Setting::patroni_primary_start_timeout, Component::patroni, "3.0"},
        {Setting::patroni_allowlist_include_members, Component::patroni, "2.1"},
        {Setting::haproxy_fd_hard_limit, Component::haproxy, "2.6"},
        {Setting::etcd_auth_status, Component::etcd, "3.5"},
    };
    return *std::find_if(minimums.begin(), minimums.end(), [&](const Minimum& m) { return m.setting == setting; });
}

// Extensions in packages of their own; the others of a default cluster are in postgresql-<major> itself.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kExtensionPackages{{
    {"pg_repack", "repack"},
    {"vector", "pgvector"},
    {"pgaudit", "pgaudit"},
    {"pg_cron", "cron"},
    {"wal2json", "wal2json"},
    {"postgis", "postgis-3"},
    {"postgis_topology", "postgis-3"},
    {"timescaledb", "timescaledb"},
    {"hypopg", "hypopg"},
    {"pg_qualstats", "pg-qualstats"},
}};

std::string supported_names() {
    std::string names;
    for (const Platform& platform : platforms()) names += (names.empty() ? "" : ", ") + platform.name;
    return names;
}

}  // namespace

std::string_view to_string(Component component) {
    switch (component) {
        case Component::postgresql: return "PostgreSQL";
        case Component::patroni: return "Patroni";
        case Component::etcd: return "etcd";
        case Component::pgbouncer: return "pgbouncer";
        case Component::haproxy: return "HAProxy";
    }
    return "?";
}

const std::vector<Platform>& platforms() {
    static const std::vector<Platform> table{
        {"debian",
         "13",
         "trixie",
         "Debian 13",
         {17},
         {{Component::patroni, "4.0.7"},
          {Component::etcd, "3.5.16"},
          {Component::pgbouncer, "1.24.1"},
          {Component::haproxy, "3.0.11"}}},
        {"debian",
         "12",
         "bookworm",
         "Debian 12",
         {15},
         {{Component::patroni, "3.0.2"},
          {Component::etcd, "3.4.23"},
          {Component::pgbouncer, "1.18.0"},
          {Component::haproxy, "2.6.12"}}},
        {"ubuntu",
         "24.04",
         "noble",
         "Ubuntu 24.04",
         {16},
         {{Component::patroni, "3.2.2"},
          {Component::etcd, "3.4.30"},
          {Component::pgbouncer, "1.22.0"},
          {Component::haproxy, "2.8.5"}}},
        {"ubuntu",
         "22.04",
         "jammy",
         "Ubuntu 22.04",
         {14},
         {{Component::patroni, "2.1.2"},
          {Component::etcd, "3.3.25"},
          {Component::pgbouncer, "1.16.1"},
          {Component::haproxy, "2.4.24"}}},
    };
    return table;
}

const Platform& platform_at(const node::NodePtr& node) {
    if (node != nullptr)
        if (const auto known = platform_of(node->facts())) return **known;
    return platforms().front();
}

Result<const Platform*> platform_of(const node::Facts& facts) {
    for (const Platform& platform : platforms())
        if (platform.os_id == facts.os_id && platform.version == facts.os_version) return &platform;
    const std::string found =
        facts.os_id.empty() ? "a system without /etc/os-release" : facts.os_id + " " + facts.os_version;
    return fail(Error{.code = ErrorCode::unsupported,
                      .message = fmt::format("expected one of {}, found {}", supported_names(), found)}
                    .with_hint("use a machine with one of these systems"));
}

bool supports(Setting setting, std::string_view version) { return at_least(version, minimum_of(setting).version); }

const RequiredVersion* required_version(Component component) {
    static const std::map<Component, RequiredVersion> table{
        {Component::patroni, {"3.0", "failsafe_mode and primary_start_timeout"}},
        {Component::haproxy, {"2.6", "fd-hard-limit"}},
        {Component::etcd, {"3.4", "its API of version 3 by default"}},
    };
    const auto found = table.find(component);
    return found == table.end() ? nullptr : &found->second;
}

bool Platform::offers(Setting setting) const { return supports(setting, versions.at(minimum_of(setting).component)); }

std::vector<std::string> Platform::packages(Component component, std::int64_t postgresql_version) const {
    switch (component) {
        case Component::postgresql: return {fmt::format("postgresql-{}", postgresql_version)};
        // Named, because patroni is content with the library of any store: apt may pick Consul's.
        // etcdctl, since its login is looked at from where it is used.
        case Component::patroni: return {"patroni", "python3-etcd", "python3-psycopg2", "etcd-client"};
        case Component::etcd: return {"etcd-server", "etcd-client"};
        case Component::pgbouncer: return {"pgbouncer"};
        case Component::haproxy: return {"haproxy"};
    }
    return {};
}

std::optional<std::string> Platform::extension_package(std::string_view extension,
                                                       std::int64_t postgresql_version) const {
    for (const auto& [name, package] : kExtensionPackages)
        if (name == extension) return fmt::format("postgresql-{}-{}", postgresql_version, package);
    return std::nullopt;
}

std::string Platform::bin_dir(std::int64_t postgresql_version) const {
    return fmt::format("/usr/lib/postgresql/{}/bin", postgresql_version);
}

std::vector<std::string> known_bad_pairs(const std::map<Component, Version>& installed) {
    std::vector<std::string> sentences;
    const auto etcd = installed.find(Component::etcd);
    const auto patroni = installed.find(Component::patroni);
    // etcd 3.5.28 answers requests without a token differently; Patroni understands that since 4.0.8.
    if (etcd != installed.end() && patroni != installed.end() && at_least(etcd->second, "3.5.28") &&
        !at_least(patroni->second, "4.0.8"))
        sentences.push_back(
            fmt::format("etcd {} with authentication needs Patroni 4.0.8 or newer, found {}: keep etcd at "
                        "3.5.27 or take a newer Patroni",
                        etcd->second, patroni->second));
    return sentences;
}

std::string unit_of(Component component) {
    switch (component) {
        case Component::postgresql:
        case Component::patroni: return "patroni.service";
        case Component::etcd: return "etcd.service";
        case Component::pgbouncer: return "pgbouncer.service";
        case Component::haproxy: return "haproxy.service";
    }
    return {};
}

const std::vector<std::string>& units_enabled_by_packages() {
    static const std::vector<std::string> units{"etcd.service", "haproxy.service", "patroni.service",
                                                "pgbouncer.service", "postgresql.service"};
    return units;
}

}  // namespace pigsty::module::platform
