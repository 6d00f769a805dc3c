// Role: a PostgreSQL role as a cluster's default_roles declare it, and the objects that every database starts with.
//
//     for (const Role& role : default_roles()) …        // in the order in which they must be created
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/secret.h"

namespace pigsty::render {

struct Role {
    std::string name;
    bool login = true;
    bool superuser = false;
    bool createdb = false;
    bool createrole = false;
    bool inherit = true;
    bool replication = false;
    bool bypassrls = false;
    std::int64_t connection_limit = -1;
    std::vector<std::string> roles{};                 // member of
    std::map<std::string, std::string> parameters{};  // ALTER ROLE … SET
    std::optional<std::int64_t> expire_in{};          // days from the day on which the role is made
    std::optional<std::string> valid_until{};
    std::string comment{};
    std::optional<Secret> password{};  // plain or a verifier; without one: peer or certificate only (behaviour 11)
    bool pgbouncer = false;
    std::optional<std::string> pool_mode{};
    std::optional<std::int64_t> pool_connlimit{};
    bool operator==(const Role&) const = default;
};

struct Extension {
    std::string name;
    std::optional<std::string> schema{};
    bool operator==(const Extension&) const = default;
};

const std::vector<Role>& default_roles();
// GRANT texts as Pigsty writes them: "GRANT SELECT ON TABLES TO dbrole_readonly", applied with ALTER DEFAULT PRIVILEGES
// FOR ROLE each owner. The word SCHEMAS, TABLES, SEQUENCES or FUNCTIONS says of what.
const std::vector<std::string>& default_privileges();
const std::vector<std::string>& default_schemas();
const std::vector<Extension>& default_extensions();

// Roles with a meaning of their own: default privileges are applied for the first two as well as for dbrole_admin, and
// HBA rules name them as ${dbsu}, ${admin}, ${repl}, ${monitor}.
inline constexpr const char* kSuperuser = "postgres";
inline constexpr const char* kAdminUser = "dbuser_dba";
inline constexpr const char* kReplicationUser = "replicator";
inline constexpr const char* kMonitorUser = "dbuser_monitor";

}  // namespace pigsty::render
