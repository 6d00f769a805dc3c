#include "core/module/pgsql/session/catalog.h"

#include <algorithm>
#include <array>

namespace pigsty::module::pgsql {
namespace {

using nlohmann::json;

// to_jsonb(row) ->> 'column' reads columns that older versions do not have as null instead of failing.
constexpr const char* kCatalogQuery = R"sql(
SELECT json_build_object(
  'server_version', current_setting('server_version_num')::int,
  'in_recovery', pg_catalog.pg_is_in_recovery(),
  'system_identifier', (SELECT system_identifier::text FROM pg_catalog.pg_control_system()),
  'now', to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || '+00',
  'claim_columns', (SELECT json_agg(a.attname) FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = pg_catalog.to_regclass('pigsty.claim') AND a.attnum > 0 AND NOT a.attisdropped),
  'libraries', current_setting('shared_preload_libraries'),
  'password_encryption', current_setting('password_encryption'),
  'scram_iterations', coalesce(current_setting('scram_iterations', true), '4096')::int,
  'roles', (SELECT coalesce(json_agg(json_build_object(
      'name', r.rolname, 'oid', r.oid::bigint, 'login', r.rolcanlogin, 'superuser', r.rolsuper, 'createdb', r.rolcreatedb,
      'createrole', r.rolcreaterole, 'inherit', r.rolinherit, 'replication', r.rolreplication,
      'bypassrls', r.rolbypassrls, 'connection_limit', r.rolconnlimit,
      'valid_until', CASE WHEN r.rolvaliduntil IS NULL THEN NULL WHEN isfinite(r.rolvaliduntil)
          THEN to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || '+00' ELSE r.rolvaliduntil::text END,
      'verifier', r.rolpassword,
      'comment', pg_catalog.shobj_description(r.oid, 'pg_authid'),
      'parameters', (SELECT s.setconfig FROM pg_catalog.pg_db_role_setting s WHERE s.setrole = r.oid AND s.setdatabase = 0),
      'memberships', (SELECT json_agg(json_build_object('role', g.rolname, 'admin', m.admin_option,
          'grantor', (SELECT b.rolname FROM pg_catalog.pg_authid b WHERE b.oid = m.grantor AND b.oid <> 10),
          'inherit', to_jsonb(m) -> 'inherit_option', 'set', to_jsonb(m) -> 'set_option'))
        FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_authid g ON g.oid = m.roleid WHERE m.member = r.oid)
    )), '[]'::json) FROM pg_catalog.pg_authid r),
  'databases', (SELECT coalesce(json_agg(json_build_object(
      'name', d.datname, 'oid', d.oid::bigint, 'owner', pg_catalog.pg_get_userbyid(d.datdba), 'encoding', pg_catalog.pg_encoding_to_char(d.encoding),
      'provider', to_jsonb(d) ->> 'datlocprovider', 'lc_collate', d.datcollate, 'lc_ctype', d.datctype,
      'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
      'tablespace', t.spcname, 'allow_connections', d.datallowconn, 'is_template', d.datistemplate,
      'connection_limit', d.datconnlimit, 'comment', pg_catalog.shobj_description(d.oid, 'pg_database'),
      'acl', (SELECT json_agg(json_build_object('grantee', CASE a.grantee WHEN 0 THEN 'PUBLIC'
            ELSE pg_catalog.pg_get_userbyid(a.grantee) END, 'privilege', a.privilege_type))
          FROM pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a),
      'parameters', (SELECT s.setconfig FROM pg_catalog.pg_db_role_setting s WHERE s.setrole = 0 AND s.setdatabase = d.oid)
    )), '[]'::json) FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace)
)::text)sql";

// Whichever columns there are: an older version made the table with fewer.
constexpr const char* kClaimsQuery = "SELECT coalesce(json_agg(to_jsonb(c)), '[]'::json)::text FROM pigsty.claim c";

// Columns that came after the first version, with their definition.
struct Column {
    const char* name;
    const char* definition;
};
constexpr std::array<Column, 3> kLaterColumns{{{"object_oid", "bigint NOT NULL DEFAULT 0"},
                                               {"system_identifier", "text NOT NULL DEFAULT ''"},
                                               {"handover", "text NOT NULL DEFAULT ''"}}};

constexpr const char* kContentsQuery = R"sql(
SELECT json_build_object(
  'schemas', (SELECT json_object_agg(nspname, json_build_object('owner', pg_catalog.pg_get_userbyid(nspowner)))
      FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_(toast|temp)'),
  'extensions', (SELECT json_object_agg(e.extname, json_build_object('schema', n.nspname, 'version', e.extversion))
      FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace),
  'has_pgbouncer_auth', pg_catalog.to_regprocedure('monitor.pgbouncer_auth(text)') IS NOT NULL,
  'public_acl', (SELECT json_agg(json_build_object('grantee', CASE a.grantee WHEN 0 THEN 'PUBLIC'
        ELSE pg_catalog.pg_get_userbyid(a.grantee) END, 'privilege', a.privilege_type))
      FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
      WHERE n.nspname = 'public'),
  'default_privileges', (SELECT json_agg(json_build_object('owner', pg_catalog.pg_get_userbyid(d.defaclrole),
        'type', CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
          WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE d.defaclobjtype::text END,
        'grantee', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(a.grantee) END,
        'privilege', a.privilege_type))
      FROM pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) a WHERE d.defaclnamespace = 0)
)::text)sql";

// Stands before a byte that is no UTF-8, written as two hex digits: a noncharacter, which no text holds (core/base/unknown.h
// has another).
constexpr std::string_view kOddByte = "\xEF\xB7\x91";  // U+FDD1

// How many bytes of well-formed UTF-8 `text` begins with: 0 where it begins with none (Unicode, table 3-7).
std::size_t character_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool fits = (first != 0xE0 || byte(1) >= 0xA0) && (first != 0xED || byte(1) < 0xA0);
        return fits && follows(1) && follows(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool fits = (first != 0xF0 || byte(1) >= 0x90) && (first != 0xF4 || byte(1) < 0x90);
        return fits && follows(1) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

// Shared catalogs hold names as bytes of whichever database they were made in.
std::string with_odd_bytes_marked(std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string marked;
    marked.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        if (length == 0) {
            const auto byte = static_cast<unsigned char>(text.front());
            marked.append(kOddByte).append({kDigits[byte >> 4U], kDigits[byte & 15U]});
        } else {
            marked.append(text.substr(0, length));
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return marked;
}

bool is_odd(std::string_view text) { return text.find(kOddByte) != std::string_view::npos; }

// As people may read it: caf\xE9.
std::string readable(std::string text) {
    for (auto at = text.find(kOddByte); at != std::string::npos; at = text.find(kOddByte, at))
        text.replace(at, kOddByte.size(), "\\x");
    return text;
}

std::string raw_text(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string text(const json& object, const char* key) { return readable(raw_text(object, key)); }

std::int64_t number(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::optional<std::string> optional_text(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? std::optional(readable(found->get<std::string>()))
                                                       : std::nullopt;
}

std::optional<bool> optional_flag(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() ? std::optional(found->get<bool>()) : std::nullopt;
}

// setconfig: ["search_path=app, public", …]
std::map<std::string, std::string> settings(const json& object) {
    std::map<std::string, std::string> result;
    const auto found = object.find("parameters");
    if (found == object.end() || !found->is_array()) return result;
    for (const auto& entry : *found) {
        const auto line = readable(entry.get<std::string>());
        const auto equals = line.find('=');
        result[line.substr(0, equals)] = equals == std::string::npos ? "" : line.substr(equals + 1);
    }
    return result;
}

bool holds(const json& acl, std::string_view grantee, std::string_view privilege) {
    if (!acl.is_array()) return false;
    return std::ranges::any_of(acl, [&](const json& entry) {
        return text(entry, "grantee") == grantee && text(entry, "privilege") == privilege;
    });
}

// Several grantors may have granted the same membership: it has what any of them gave.
void add_grant(RoleState& role, const json& grant) {
    if (is_odd(raw_text(grant, "role"))) return;  // can be neither granted nor revoked from here
    const std::string grantor = text(grant, "grantor");
    const bool admin = grant.at("admin").get<bool>();
    const auto inherit = optional_flag(grant, "inherit");
    const auto set = optional_flag(grant, "set");
    Membership& known = role.memberships[text(grant, "role")];
    const auto merge = [](std::optional<bool>& into, std::optional<bool> from) {
        if (from) into = into.value_or(false) || *from;
    };
    known.admin = known.admin || admin;
    merge(known.inherit, inherit);
    merge(known.set, set);
    if (grantor.empty() && admin && inherit == false && set == false)
        known.is_automatic = true;
    else
        known.grantors.insert(grantor);
}

RoleState parse_role(const json& entry) {
    RoleState role{.name = text(entry, "name"),
                   .oid = number(entry, "oid"),
                   .comment = optional_text(entry, "comment"),
                   .parameters = settings(entry)};
    for (const render::RoleFlag& flag : render::kRoleFlags)
        role.attributes.*flag.member = entry.at(flag.name).get<bool>();
    role.attributes.connection_limit = entry.at("connection_limit").get<std::int64_t>();
    role.attributes.valid_until = optional_text(entry, "valid_until");
    if (const auto verifier = optional_text(entry, "verifier")) role.verifier = Secret(*verifier);
    if (const auto& memberships = entry.at("memberships"); memberships.is_array())
        for (const auto& membership : memberships) add_grant(role, membership);
    for (auto& [group, membership] : role.memberships) {
        const bool by_itself = membership.grantors.size() == 1 && membership.grantors.contains(role.name);
        membership.is_automatic = membership.is_automatic && (membership.grantors.empty() || by_itself);
    }
    return role;
}

constexpr std::int64_t kLimitOfHalfDropped = -2;  // DATCONNLIMIT_INVALID_DB

DatabaseState parse_database(const json& entry) {
    const json& acl = entry.at("acl");
    const std::string provider = text(entry, "provider");
    return {.name = text(entry, "name"),
            .oid = number(entry, "oid"),
            .owner = text(entry, "owner"),
            .encoding = text(entry, "encoding"),
            .lc_collate = text(entry, "lc_collate"),
            .lc_ctype = text(entry, "lc_ctype"),
            .locale_provider = provider == "i"   ? "icu"
                               : provider == "b" ? "builtin"
                                                 : "libc",
            .locale = optional_text(entry, "locale"),
            .tablespace = text(entry, "tablespace"),
            .allow_connections = entry.at("allow_connections").get<bool>(),
            .is_template = entry.at("is_template").get<bool>(),
            .connection_limit = entry.at("connection_limit").get<std::int64_t>(),
            .is_half_dropped = entry.at("connection_limit").get<std::int64_t>() == kLimitOfHalfDropped,
            .comment = optional_text(entry, "comment"),
            .public_connect = holds(acl, "PUBLIC", "CONNECT"),
            .public_create = holds(acl, "PUBLIC", "CREATE"),
            .admin_create = holds(acl, "dbrole_admin", "CREATE"),
            .parameters = settings(entry)};
}

// Runs a parser whose only failure is an answer of another shape than our own query gives.
template <class Parse>
auto parsed(std::string_view json_text, const char* what, const Parse& parse) -> Result<decltype(parse(json{}))> {
    try {
        return parse(json::parse(with_odd_bytes_marked(json_text)));
    } catch (const json::exception& error) {
        return fail(ErrorCode::internal, std::string(what) + " cannot be read: " + error.what());
    }
}

}  // namespace

const RoleState* Catalog::role(const std::string& name) const {
    const auto found = roles.find(name);
    return found == roles.end() ? nullptr : &found->second;
}

const DatabaseState* Catalog::database(const std::string& name) const {
    const auto found = databases.find(name);
    return found == databases.end() ? nullptr : &found->second;
}

const ObjectClaim* Catalog::claim(std::string_view kind, std::string_view name) const {
    const auto found = std::ranges::find_if(
        claims, [&](const ObjectClaim& claim) { return claim.kind == kind && claim.name == name; });
    return found == claims.end() ? nullptr : &*found;
}

Oid Catalog::oid_of(std::string_view kind, const std::string& name) const {
    if (kind == "role") {
        const RoleState* found = role(name);
        return found == nullptr ? 0 : found->oid;
    }
    const DatabaseState* found = database(name);
    return found == nullptr ? 0 : found->oid;
}

std::string Catalog::name_of(std::string_view kind, Oid oid) const {
    const auto in = [oid](const auto& objects) -> std::string {
        const auto found = std::ranges::find_if(objects, [oid](const auto& entry) { return entry.second.oid == oid; });
        return found == objects.end() ? std::string() : found->first;
    };
    if (oid == 0) return {};
    return kind == "role" ? in(roles) : in(databases);
}

std::string catalog_query() { return kCatalogQuery; }
std::string claims_query() { return kClaimsQuery; }
std::string contents_query() { return kContentsQuery; }

Result<Catalog> parse_catalog(std::string_view json_text) {
    return parsed(json_text, "the catalog snapshot", [](const json& answer) {
        Catalog catalog{.server_version = answer.at("server_version").get<std::int64_t>(),
                        .in_recovery = answer.at("in_recovery").get<bool>(),
                        .system_identifier = text(answer, "system_identifier"),
                        .now = text(answer, "now"),
                        .password_encryption = text(answer, "password_encryption"),
                        .scram_iterations = answer.at("scram_iterations").get<std::int64_t>()};
        if (const auto columns = answer.find("claim_columns"); columns != answer.end() && columns->is_array()) {
            catalog.has_claims = true;
            catalog.claims_are_current = std::ranges::all_of(kLaterColumns, [&](const Column& column) {
                return std::ranges::find(*columns, json(column.name)) != columns->end();
            });
        }
        const std::string libraries = text(answer, "libraries");
        catalog.checks_passwords =
            libraries.find("passwordcheck") != std::string::npos || libraries.find("credcheck") != std::string::npos;
        const auto names_oddly = [&catalog](const char* what, const json& entry) {
            if (!is_odd(raw_text(entry, "name"))) return false;
            catalog.odd_names.push_back(std::string(what) + " \"" + text(entry, "name") + "\"");
            return true;
        };
        for (const auto& entry : answer.at("roles")) {
            if (names_oddly("role", entry)) continue;
            RoleState role = parse_role(entry);
            catalog.roles.insert_or_assign(role.name, std::move(role));
        }
        for (const auto& entry : answer.at("databases")) {
            if (names_oddly("database", entry)) continue;
            DatabaseState database = parse_database(entry);
            catalog.databases.insert_or_assign(database.name, std::move(database));
        }
        return catalog;
    });
}

Result<std::vector<ObjectClaim>> parse_claims(std::string_view json_text) {
    return parsed(json_text, "pigsty.claim", [](const json& answer) {
        std::vector<ObjectClaim> claims;
        for (const auto& entry : answer) {
            claims.push_back({.kind = text(entry, "kind"),
                              .name = text(entry, "name"),
                              .id = text(entry, "id"),
                              .state = text(entry, "state"),
                              .spec = entry.at("spec"),
                              .password_digest = text(entry, "password_digest"),
                              .oid = number(entry, "object_oid"),
                              .system_identifier = text(entry, "system_identifier"),
                              .handover = text(entry, "handover")});
        }
        return claims;
    });
}

Result<DatabaseContents> parse_contents(std::string_view json_text) {
    return parsed(json_text, "the database's contents", [](const json& answer) {
        DatabaseContents contents;
        if (const auto& schemas = answer.at("schemas"); schemas.is_object())
            for (const auto& [name, schema] : schemas.items()) contents.schemas[name] = {text(schema, "owner")};
        if (const auto& extensions = answer.at("extensions"); extensions.is_object())
            for (const auto& [name, extension] : extensions.items())
                contents.extensions[name] = {text(extension, "schema"), text(extension, "version")};
        contents.has_pgbouncer_auth = answer.at("has_pgbouncer_auth").get<bool>();
        const json& acl = answer.at("public_acl");
        contents.public_schema_create = holds(acl, "PUBLIC", "CREATE");
        contents.admin_schema_create = holds(acl, "dbrole_admin", "CREATE");
        if (const auto& defaults = answer.at("default_privileges"); defaults.is_array())
            for (const auto& entry : defaults)
                contents.default_privileges.insert(default_privilege_key(
                    text(entry, "owner"), text(entry, "type"), text(entry, "grantee"), text(entry, "privilege")));
        return contents;
    });
}

std::string default_privilege_key(std::string_view owner, std::string_view type, std::string_view grantee,
                                  std::string_view privilege) {
    std::string key(owner);
    for (const std::string_view part : {type, grantee, privilege}) key.append("|").append(part);
    return key;
}

std::string claims_table_statement() {
    std::string text = R"sql(
CREATE SCHEMA IF NOT EXISTS pigsty;
REVOKE ALL ON SCHEMA pigsty FROM PUBLIC;
CREATE TABLE IF NOT EXISTS pigsty.claim (
  kind text NOT NULL,
  name text NOT NULL,
  id uuid NOT NULL,
  state text NOT NULL,
  spec jsonb NOT NULL,
  password_digest text NOT NULL DEFAULT '',
  PRIMARY KEY (kind, name)
);
REVOKE ALL ON TABLE pigsty.claim FROM PUBLIC;
)sql";
    for (const Column& column : kLaterColumns)
        text.append("ALTER TABLE pigsty.claim ADD COLUMN IF NOT EXISTS ")
            .append(column.name)
            .append(" ")
            .append(column.definition)
            .append(";\n");
    return text;
}

}  // namespace pigsty::module::pgsql
