// Role: a PostgreSQL role as a cluster's default_roles declare it, and the objects that every database starts with.
//
//     for (const Role& role : default_roles()) …        // in the order in which they must be created
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pigsty::render {

// What PostgreSQL calls the attributes of a role: of one that is wanted, and of one that is there.
struct RoleAttributes {
    bool login = true;
    bool superuser = false;
    bool createdb = false;
    bool createrole = false;
    bool inherit = true;
    bool replication = false;
    bool bypassrls = false;
    std::int64_t connection_limit = -1;
    // Null: for ever. Of one that is there as its catalog shows it: "2027-01-31 00:00:00+00" in UTC, "infinity".
    std::optional<std::string> valid_until{};
    bool operator==(const RoleAttributes&) const = default;
};

// The flags among them: as specifications, claims and the catalog snapshot name them, and as SQL does.
struct RoleFlag {
    const char* name;
    bool RoleAttributes::* member;
    const char* on;
    const char* off;
};
inline constexpr std::array<RoleFlag, 7> kRoleFlags{{
    {"login", &RoleAttributes::login, "LOGIN", "NOLOGIN"},
    {"superuser", &RoleAttributes::superuser, "SUPERUSER", "NOSUPERUSER"},
    {"createdb", &RoleAttributes::createdb, "CREATEDB", "NOCREATEDB"},
    {"createrole", &RoleAttributes::createrole, "CREATEROLE", "NOCREATEROLE"},
    {"inherit", &RoleAttributes::inherit, "INHERIT", "NOINHERIT"},
    {"replication", &RoleAttributes::replication, "REPLICATION", "NOREPLICATION"},
    {"bypassrls", &RoleAttributes::bypassrls, "BYPASSRLS", "NOBYPASSRLS"},
}};

struct Role {
    std::string name;
    RoleAttributes attributes{};
    std::vector<std::string> roles{};                 // member of
    std::map<std::string, std::string> parameters{};  // ALTER ROLE … SET
    std::optional<std::int64_t> expire_in{};          // days from the day on which the role is made
    std::string comment{};
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
