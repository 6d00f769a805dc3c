// The parts that rules.h is made of: each looks at one thing and adds what is wrong with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/module/pgsql/rules/rules.h"
#include "core/module/pgsql/spec/constraints.h"

namespace pigsty::module::pgsql {

// For check_choice().
template <std::size_t N>
std::vector<std::string_view> choices(const std::array<std::string_view, N>& values) {
    return {values.begin(), values.end()};
}

class Problems {
  public:
    void add(std::string path, std::string message, std::string hint = {}) {
        list_.push_back({std::move(path), std::move(message), std::move(hint)});
    }
    [[nodiscard]] std::vector<Problem> take() { return std::move(list_); }

    // Each skips text that is not known yet.
    void check_choice(const std::string& path, const std::string& value, const std::vector<std::string_view>& choices);
    void check_range(const std::string& path, std::int64_t value, std::int64_t least, std::int64_t most);
    void check_range(const std::string& path, std::int64_t value, Range range) {
        check_range(path, value, range.least, range.most);
    }
    void check_port(const std::string& path, std::int64_t port) { check_range(path, port, kPorts); }
    // -1 or more: PostgreSQL's and pgbouncer's limits.
    void check_limit(const std::string& path, const std::optional<std::int64_t>& limit);
    void check_locale(const std::string& path, const std::string& locale);
    void check_encoding(const std::string& path, const std::string& encoding);
    // What SQL allows as a name: 1 to 63 bytes; anything but NUL may be in it.
    bool check_sql_name(const std::string& path, const std::string& name);
    void check_role_name(const std::string& path, const std::string& name);
    void check_schema_name(const std::string& path, const std::string& name);
    void check_valid_until(const std::string& path, const std::optional<std::string>& valid_until);
    void check_password(const std::string& path, const std::optional<Secret>& password);
    void check_pool_mode(const std::string& path, const std::optional<std::string>& mode);
    // Names of settings, and values that a line of postgresql.conf can hold.
    void check_parameters(const std::string& path, const Parameters& parameters);
    // Settings that only SQL sees: names alone.
    void check_parameter_names(const std::string& path, const Parameters& parameters);

  private:
    std::vector<Problem> list_;
};

// services, ports, HBA rules and networks of a cluster (network_rules.cpp)
void check_network(const PgCluster& cluster, Problems& problems);

// `rto`, `rpo`, `synchronous` (failover_rules.cpp)
void check_failover(const PgCluster& cluster, Problems& problems);

// `default_roles` and `role_passwords_wo` (role_rules.cpp)
void check_default_roles(const PgCluster& cluster, Problems& problems);

// What pgbouncer's lists can hold of a role; `prefix` of its attributes' paths: "", "default_roles[2]." (object_rules.cpp).
void check_pooled_role(const std::string& prefix, const PgUser& user, Problems& problems);

// `libs` and `extension_packages` (library_rules.cpp)
void check_libraries(const PgCluster& cluster, Problems& problems);

// `mode`, `citus`, `dbsu_password` (citus_rules.cpp)
void check_citus(const PgCluster& cluster, const Settings& settings, Problems& problems);

// `delay` and `upstream` of instances (standby_rules.cpp)
void check_standbys(const PgCluster& cluster, const Settings& settings, Problems& problems);
// How long something is applied late: `instead_of_none` is the hint where that is not at all.
void check_apply_delay(const std::string& path, const std::string& delay, const Settings& settings,
                       const std::string& instead_of_none, Problems& problems);

// `standby` (standby_cluster_rules.cpp)
void check_standby_cluster(const PgCluster& cluster, const Settings& settings, Problems& problems);

// `vip`, `listen`, `patroni` (reach_rules.cpp)
void check_reach(const PgCluster& cluster, Problems& problems);

// `backup`, `final_backup` (backup_rules.cpp)
void check_backup(const PgCluster& cluster, Problems& problems);
// A store of others at `path`, with the `bucket` and `user` beside it.
void check_s3(const std::string& path, const ForeignS3& s3, const std::optional<std::string>& bucket,
              const std::optional<std::string>& user, Problems& problems);
// A repository in MinIO at `path`.
void check_access(const std::string& path, const minio::Access& access, const PgCluster& cluster, Problems& problems);

// `restore_from` (restore_rules.cpp)
void check_restore(const PgCluster& cluster, Problems& problems);

// `parameters` of a cluster and of its members (parameter_rules.cpp)
void check_settings(const PgCluster& cluster, const Settings& settings, Problems& problems);
bool is_setting_name(const std::string& name);

std::string entry(std::string_view path, std::string_view key);  // instances["2"]
std::string entry(std::string_view path, std::size_t index);     // hba_rules[0]
// Where the same text stands twice: adds a problem at the second place.
void check_unique(Problems& problems, std::string_view path, const std::vector<std::string>& names,
                  std::string_view field = {});

}  // namespace pigsty::module::pgsql
