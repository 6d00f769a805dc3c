// Catalog: what a cluster's shared catalogs hold, as one snapshot over one connection; and what one database holds.
//
//     TRY(const std::string answer, postgres->value(catalog_query(), cancel));
//     TRY(const Catalog catalog, parse_catalog(answer));
//     if (const RoleState* role = catalog.role("app")) …
//
// Pure: queries as text, answers as JSON text. Roles' verifiers are secrets and stay in Secret.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace pigsty::module::pgsql {

struct Membership {
    bool admin = false;
    // Nothing before PostgreSQL 16, which has no such options.
    std::optional<bool> inherit{}, set{};
    // Who granted it; empty text for the bootstrap superuser, in whose name superusers grant and revoke.
    std::set<std::string> grantors{};
    bool operator==(const Membership&) const = default;
};

struct RoleState {
    std::string name;
    bool login = false, superuser = false, createdb = false, createrole = false;
    bool inherit = true, replication = false, bypassrls = false;
    std::int64_t connection_limit = -1;
    std::optional<std::string> valid_until{};  // "2027-01-31 00:00:00+00" in UTC, "infinity"
    std::optional<Secret> verifier{};          // pg_authid.rolpassword
    std::optional<std::string> comment{};
    std::map<std::string, std::string> parameters{};  // pg_db_role_setting for all databases
    std::map<std::string, Membership> memberships{};  // by the role that it is a member of
};

struct DatabaseState {
    std::string name;
    std::string owner{};
    std::string encoding{};  // "UTF8"
    std::string lc_collate{}, lc_ctype{};
    std::optional<std::string> locale{};  // of the ICU or builtin provider
    std::string tablespace{};
    bool allow_connections = true;
    bool is_template = false;
    std::int64_t connection_limit = -1;
    std::optional<std::string> comment{};
    bool public_connect = true;  // PUBLIC holds CONNECT
    bool public_create = false;  // PUBLIC holds CREATE
    bool admin_create = false;   // dbrole_admin holds CREATE
    std::map<std::string, std::string> parameters{};
};

// A row of pigsty.claim (behaviour 3): what a user or database resource owns.
struct ObjectClaim {
    std::string kind;  // "role", "database"
    std::string name;
    std::string id;     // uuid, the resource's id
    std::string state;  // "creating", "ready"
    nlohmann::json spec = nlohmann::json::object();
    std::string password_digest{};  // of the verifier that we stored, keyed with the id; empty where we stored none
};

struct Catalog {
    std::int64_t server_version = 0;  // 170012
    bool in_recovery = false;
    std::string system_identifier;
    bool has_claims = false;        // table pigsty.claim is there
    bool checks_passwords = false;  // passwordcheck or credcheck is loaded: they must see plain text
    std::string password_encryption;
    std::int64_t scram_iterations = 4096;
    std::map<std::string, RoleState> roles{};
    std::map<std::string, DatabaseState> databases{};
    std::vector<ObjectClaim> claims{};

    [[nodiscard]] const RoleState* role(const std::string& name) const;
    [[nodiscard]] const DatabaseState* database(const std::string& name) const;
    [[nodiscard]] const ObjectClaim* claim(std::string_view kind, std::string_view name) const;
};

// One row, one column of JSON text.
std::string catalog_query();
// Only where catalog.has_claims.
std::string claims_query();

Result<Catalog> parse_catalog(std::string_view json_text);
Result<std::vector<ObjectClaim>> parse_claims(std::string_view json_text);

// What one database holds: asked inside it.
struct SchemaState {
    std::string owner;
};
struct ExtensionState {
    std::string schema;
    std::string version;
};
struct DatabaseContents {
    std::map<std::string, SchemaState> schemas{};
    std::map<std::string, ExtensionState> extensions{};
    bool public_schema_create = false;           // PUBLIC holds CREATE on schema public
    bool admin_schema_create = false;            // dbrole_admin holds CREATE on schema public
    bool has_pgbouncer_auth = false;             // function monitor.pgbouncer_auth(text)
    std::set<std::string> default_privileges{};  // "OWNER|TYPE|GRANTEE|PRIVILEGE", see default_privilege_key()
};
std::string contents_query();
Result<DatabaseContents> parse_contents(std::string_view json_text);

// "dbrole_admin|TABLES|dbrole_readonly|SELECT": one entry of pg_default_acl.
std::string default_privilege_key(std::string_view owner, std::string_view type, std::string_view grantee,
                                  std::string_view privilege);

// DDL of schema pigsty and table pigsty.claim; idempotent, owned by the superuser, granted to nobody.
std::string claims_table_statement();

}  // namespace pigsty::module::pgsql
