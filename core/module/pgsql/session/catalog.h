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
#include "core/render/role.h"

namespace pigsty::module::pgsql {

struct Membership {
    bool admin = false;
    // Nothing before PostgreSQL 16, which has no such options.
    std::optional<bool> inherit{}, set{};
    // Who granted it; empty text for the bootstrap superuser, in whose name superusers grant and revoke. Without the grant
    // that PostgreSQL makes by itself.
    std::set<std::string> grantors{};
    // Since 16 whoever creates a role by CREATEROLE becomes a member that may administer it (and, where
    // createrole_self_grant says so, what it granted itself): nobody asked for it, and nothing else is granted.
    bool is_automatic = false;
    bool operator==(const Membership&) const = default;
};

// As pg_authid and pg_database number their rows: an object keeps it for life, whatever it is called, through failover, base
// backup and point-in-time recovery. 0: not known.
using Oid = std::int64_t;

struct RoleState {
    std::string name;
    Oid oid = 0;
    render::RoleAttributes attributes{.login = false};
    std::optional<Secret> verifier{};  // pg_authid.rolpassword
    std::optional<std::string> comment{};
    std::map<std::string, std::string> parameters{};  // pg_db_role_setting for all databases
    std::map<std::string, Membership> memberships{};  // by the role that it is a member of
};

struct DatabaseState {
    std::string name;
    Oid oid = 0;
    std::string owner{};
    std::string encoding{};  // "UTF8"
    std::string lc_collate{}, lc_ctype{};
    std::string locale_provider = "libc";  // libc | icu | builtin
    std::optional<std::string> locale{};   // of the ICU or builtin provider
    std::string tablespace{};
    bool allow_connections = true;
    bool is_template = false;
    std::int64_t connection_limit = -1;
    bool is_half_dropped = false;  // an interrupted DROP DATABASE left it: of no use, and only to be dropped
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
    // Which object it is, and of which cluster's numbers: names can be changed by hand. 0: not made yet, or the row is of
    // a version that did not write it down.
    Oid oid = 0;
    std::string system_identifier{};
    // The run that made it, until that run has ended in order (core/converge/handover.h). Empty: handed over.
    std::string handover{};
};

struct Catalog {
    std::int64_t server_version = 0;  // 170012
    bool in_recovery = false;
    std::string system_identifier;
    std::string now;                  // by the server's clock, written as `valid_until` of a role is
    bool has_claims = false;          // table pigsty.claim is there
    bool claims_are_current = false;  // with all columns that this version knows
    bool checks_passwords = false;    // passwordcheck or credcheck is loaded: they must see plain text
    std::string password_encryption;
    std::int64_t scram_iterations = 4096;
    std::map<std::string, RoleState> roles{};
    std::map<std::string, DatabaseState> databases{};
    std::vector<ObjectClaim> claims{};
    // Whose names are no UTF-8, as 'role "caf\xE9"': not among the roles and databases, for nothing that is sent can name them.
    std::vector<std::string> odd_names{};

    [[nodiscard]] const RoleState* role(const std::string& name) const;
    [[nodiscard]] const DatabaseState* database(const std::string& name) const;
    [[nodiscard]] const ObjectClaim* claim(std::string_view kind, std::string_view name) const;
    // By kind, "role" or "database": 0 and empty text where there is none.
    [[nodiscard]] Oid oid_of(std::string_view kind, const std::string& name) const;
    [[nodiscard]] std::string name_of(std::string_view kind, Oid oid) const;
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

// DDL of schema pigsty and table pigsty.claim with all its columns; idempotent, owned by the superuser, granted to nobody.
std::string claims_table_statement();

}  // namespace pigsty::module::pgsql
