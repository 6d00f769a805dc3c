#include "core/module/platform/platform.h"

#include <algorithm>
#include <array>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace pigsty::module::platform {
namespace {

struct Minimum {
    Component component;
    std::string_view version;
};

Minimum minimum_of(Setting setting) {
    switch (setting) {
        case Setting::pgbouncer_max_prepared_statements: return {Component::pgbouncer, "1.21"};
    }
    return {};
}

// Extensions in packages of their own; the others of a default cluster are in postgresql-<major> itself.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kExtensionPackages{{
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
    // No system's own repositories have it.
    {"citus", "citus"},
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
        case Component::minio: return "MinIO";
        case Component::redis: return "Redis";
        case Component::valkey: return "Valkey";
        case Component::vip_manager: return "vip-manager";
        case Component::keepalived: return "keepalived";
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
          {Component::haproxy, "3.0.11"},
          {Component::vip_manager, "3.0.0"}}},
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

const RequiredVersion* required_version(Component component) {
    static const std::map<Component, RequiredVersion> table{
        {Component::patroni, {"3.0", "failsafe_mode and primary_start_timeout"}},
        {Component::haproxy, {"2.6", "fd-hard-limit"}},
        {Component::etcd, {"3.4", "its API of version 3 by default"}},
        {Component::redis, {"7.0", "CONFIG GET of several names, CLUSTER ADDSLOTSRANGE"}},
    };
    const auto found = table.find(component);
    return found == table.end() ? nullptr : &found->second;
}

bool Platform::offers(Setting setting) const {
    const Minimum minimum = minimum_of(setting);
    return at_least(versions.at(minimum.component), minimum.version);
}

std::vector<std::string> Platform::packages(Component component, std::int64_t postgresql_version) const {
    switch (component) {
        case Component::postgresql: return {fmt::format("postgresql-{}", postgresql_version)};
        // Named, because patroni is content with the library of any store: apt may pick Consul's.
        // etcdctl, since its login is looked at from where it is used.
        case Component::patroni: return {"patroni", "python3-etcd", "python3-psycopg2", "etcd-client"};
        case Component::etcd: return {"etcd-server", "etcd-client"};
        case Component::pgbouncer: return {"pgbouncer"};
        case Component::haproxy: return {"haproxy"};
        // No system's own repositories have the server.
        case Component::minio: return {"minio", "minio-client"};
        // The programs are in the -tools package; the other one brings account, folders and a link.
        case Component::redis: return {"redis-server", "redis-tools"};
        case Component::valkey: return {"valkey-server", "valkey-tools"};
        // `vip-manager` is version 1. The guard beside it speaks TLS to Patroni with openssl.
        case Component::vip_manager: return {"vip-manager2", "openssl"};
        case Component::keepalived: return {"keepalived"};
    }
    return {};
}

std::optional<std::string> Platform::extension_package(std::string_view extension,
                                                       std::int64_t postgresql_version) const {
    for (const auto& [name, package] : kExtensionPackages)
        if (name == extension || package == extension)
            return fmt::format("postgresql-{}-{}", postgresql_version, package);
    return std::nullopt;
}

std::string Platform::bin_dir(std::int64_t postgresql_version) const {
    return fmt::format("/usr/lib/postgresql/{}/bin", postgresql_version);
}

}  // namespace pigsty::module::platform
