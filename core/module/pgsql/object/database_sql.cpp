#include "core/module/pgsql/object/database_sql.h"

#include <algorithm>
#include <cctype>
#include <regex>

#include <libpq-fe.h>
#include <spdlog/fmt/fmt.h>

#include "core/base/quote.h"
#include "core/module/pgsql/session/parameters.h"

namespace pigsty::module::pgsql {
namespace {

constexpr const char* kAdminRole = "dbrole_admin";
constexpr const char* kEmptyTemplate = "template0";
constexpr const char* kLibc = "libc";
constexpr const char* kIcu = "icu";

struct DefaultGrant {
    std::vector<std::string> privileges;
    std::string type;  // TABLES, SEQUENCES, FUNCTIONS, TYPES, SCHEMAS
    std::string grantee;
};

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::optional<DefaultGrant> parse_default_grant(std::string_view text) {
    static const std::regex kForm(
        R"(\s*GRANT\s+([A-Za-z, ]+?)\s+ON\s+(TABLES|SEQUENCES|FUNCTIONS|ROUTINES|TYPES|SCHEMAS)\s+TO\s+("[^"]+"|[A-Za-z_][A-Za-z0-9_$]*)\s*;?\s*)",
        std::regex::icase);
    std::cmatch part;
    if (!std::regex_match(text.data(), text.data() + text.size(), part, kForm)) return std::nullopt;
    DefaultGrant grant{.privileges = {}, .type = upper(part[2].str()), .grantee = part[3].str()};
    if (grant.type == "ROUTINES") grant.type = "FUNCTIONS";
    if (grant.grantee.front() == '"') grant.grantee = grant.grantee.substr(1, grant.grantee.size() - 2);
    const std::string list = part[1].str();
    static const std::regex kWord("[A-Za-z]+");
    for (std::sregex_iterator word(list.begin(), list.end(), kWord), end; word != end; ++word)
        grant.privileges.push_back(upper(word->str()));
    return grant;
}

// What ALL means per type of object (PostgreSQL, "Privileges").
std::vector<std::string> expanded(const DefaultGrant& grant) {
    if (grant.privileges != std::vector<std::string>{"ALL"} &&
        grant.privileges != std::vector<std::string>{"ALL", "PRIVILEGES"})
        return grant.privileges;
    if (grant.type == "TABLES") return {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"};
    if (grant.type == "SEQUENCES") return {"SELECT", "UPDATE", "USAGE"};
    if (grant.type == "FUNCTIONS") return {"EXECUTE"};
    if (grant.type == "SCHEMAS") return {"USAGE", "CREATE"};
    return {"USAGE"};
}

// What is asked for, by what it means: `locale` is that of the provider, and the C library's stands for both of its own.
struct Locale {
    std::optional<std::string> provider, locale, collate, ctype;
};

Locale locale_of(const PgDatabase& wanted) {
    Locale asked{.provider = wanted.locale_provider,
                 .locale = std::nullopt,
                 .collate = wanted.lc_collate,
                 .ctype = wanted.lc_ctype};
    if (wanted.locale_provider.value_or(kLibc) != kLibc) {
        asked.locale = wanted.locale;
        return asked;
    }
    if (!asked.collate) asked.collate = wanted.locale;
    if (!asked.ctype) asked.ctype = wanted.locale;
    return asked;
}

// language_TERRITORY.codeset@modifier, with the codeset as the C library looks it up: letters and digits, in lower case.
std::string plain_locale(std::string_view name) {
    if (name == "POSIX") return "C";
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) return std::string(name);
    const auto at = std::min(name.find('@', dot), name.size());
    std::string plain(name.substr(0, dot + 1));
    for (const char c : name.substr(dot + 1, at - dot - 1))
        if (std::isalnum(static_cast<unsigned char>(c)) != 0)
            plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return plain.append(name.substr(at));
}

// The builtin provider takes one spelling, where libc takes any.
std::string builtin_locale(const std::string& locale) { return same_locale(locale, "C.UTF-8") ? "C.UTF-8" : locale; }

}  // namespace

bool valid_default_privilege(std::string_view text) { return parse_default_grant(text).has_value(); }

Status check_template(const PgDatabase& wanted, const Catalog& catalog) {
    if (!wanted.template_name) return {};
    const DatabaseState* model = catalog.database(*wanted.template_name);
    if (model == nullptr)
        return fail(ErrorCode::invalid,
                    fmt::format("`template`: expected a database \"{}\", found none", *wanted.template_name));
    if (model->name == kEmptyTemplate) return {};
    const auto other = [&](const char* attribute, const std::string& asked, const std::string& is) -> Status {
        return fail(Error{.code = ErrorCode::invalid,
                          .message = fmt::format("`{}`: expected that of the template \"{}\", {}, found {}: a copy has "
                                                 "what its template has",
                                                 attribute, model->name, is, asked)}
                        .with_hint("leave it out, or copy template0"));
    };
    const Locale asked = locale_of(wanted);
    if (wanted.encoding && !same_encoding(*wanted.encoding, model->encoding))
        return other("encoding", *wanted.encoding, model->encoding);
    if (asked.provider && *asked.provider != model->locale_provider)
        return other("locale_provider", *asked.provider, model->locale_provider);
    if (asked.locale && !same_locale_of(model->locale_provider, *asked.locale, model->locale.value_or("")))
        return other("locale", *asked.locale, model->locale.value_or("none"));
    if (asked.collate && !same_locale(*asked.collate, model->lc_collate))
        return other(wanted.lc_collate ? "lc_collate" : "locale", *asked.collate, model->lc_collate);
    if (asked.ctype && !same_locale(*asked.ctype, model->lc_ctype))
        return other(wanted.lc_ctype ? "lc_ctype" : "locale", *asked.ctype, model->lc_ctype);
    return {};
}

Statement create_database_statement(const PgDatabase& wanted, const Catalog& catalog) {
    std::string text = "CREATE DATABASE " + sql_identifier(wanted.name) + " OWNER " + sql_identifier(owner_of(wanted));
    const Locale asked = locale_of(wanted);
    // Another encoding or locale than template1's needs template0 (PostgreSQL, "Template Databases"), which has none of the
    // objects that the cluster's databases start with: only where it must be.
    const DatabaseState* standard = catalog.database(wanted.template_name.value_or("template1"));
    const bool differs = standard == nullptr
                             ? (wanted.encoding || asked.provider || asked.locale || asked.collate || asked.ctype)
                             : (wanted.encoding && !same_encoding(*wanted.encoding, standard->encoding)) ||
                                   (asked.provider && *asked.provider != standard->locale_provider) ||
                                   (asked.locale && !same_locale_of(standard->locale_provider, *asked.locale,
                                                                    standard->locale.value_or(""))) ||
                                   (asked.collate && !same_locale(*asked.collate, standard->lc_collate)) ||
                                   (asked.ctype && !same_locale(*asked.ctype, standard->lc_ctype));
    if (wanted.template_name)
        text += " TEMPLATE " + sql_identifier(*wanted.template_name);
    else if (differs)
        text += " TEMPLATE " + std::string(kEmptyTemplate);
    if (wanted.encoding) text += " ENCODING " + sql_literal(*wanted.encoding);
    // LOCALE gives both and cannot be given together with either.
    if (differs && asked.collate) text += " LC_COLLATE " + sql_literal(*asked.collate);
    if (differs && asked.ctype) text += " LC_CTYPE " + sql_literal(*asked.ctype);
    if (differs && catalog.server_version >= 150000) text += " LOCALE_PROVIDER " + asked.provider.value_or(kLibc);
    if (differs && asked.locale)
        text += asked.provider == kIcu ? " ICU_LOCALE " + sql_literal(*asked.locale)
                                       : " BUILTIN_LOCALE " + sql_literal(builtin_locale(*asked.locale));
    if (wanted.tablespace) text += " TABLESPACE " + sql_identifier(*wanted.tablespace);
    return {.text = text};
}

bool same_encoding(std::string_view a, std::string_view b) {
    const int number = pg_char_to_encoding(std::string(a).c_str());
    return number >= 0 ? number == pg_char_to_encoding(std::string(b).c_str()) : a == b;
}

bool same_locale(std::string_view a, std::string_view b) { return plain_locale(a) == plain_locale(b); }

bool same_locale_of(std::string_view provider, std::string_view a, std::string_view b) {
    if (provider != kIcu) return same_locale(a, b);
    const auto letter = [](unsigned char c) { return c == '_' ? '-' : std::tolower(c); };
    return std::ranges::equal(a, b, {}, letter, letter);
}

Statements database_statements(const PgDatabase& wanted, const DatabaseState& live, const Catalog& catalog) {
    Statements statements;
    const std::string database = "DATABASE " + sql_identifier(wanted.name);
    const auto add = [&](std::string text) { statements.push_back({.text = std::move(text)}); };
    const bool changes_owner = owner_of(wanted) != live.owner;
    if (changes_owner) add("ALTER " + database + " OWNER TO " + sql_identifier(owner_of(wanted)));
    if (wanted.connection_limit != live.connection_limit)
        add("ALTER " + database + " CONNECTION LIMIT " + std::to_string(wanted.connection_limit));
    if (wanted.comment && *wanted.comment != live.comment.value_or(""))
        add("COMMENT ON " + database + " IS " + (wanted.comment->empty() ? "NULL" : sql_literal(*wanted.comment)));
    if (live.public_create) add("REVOKE CREATE ON " + database + " FROM PUBLIC");
    // With the ownership, everything that was granted to the old owner goes over to the new one.
    const bool admin_loses = changes_owner && live.owner == kAdminRole;
    if ((!live.admin_create || admin_loses) && catalog.role(kAdminRole) != nullptr)
        add("GRANT CREATE ON " + database + " TO " + std::string(kAdminRole));
    if (wanted.revoke_public && live.public_connect) {
        add("REVOKE CONNECT ON " + database + " FROM PUBLIC");
        for (const char* role : {render::kReplicationUser, render::kMonitorUser})
            if (catalog.role(role) != nullptr) add("GRANT CONNECT ON " + database + " TO " + role);
        for (const std::string& role : {std::string(render::kAdminUser), owner_of(wanted)})
            if (catalog.role(role) != nullptr)
                add("GRANT CONNECT ON " + database + " TO " + sql_identifier(role) + " WITH GRANT OPTION");
    } else if (!wanted.revoke_public && !live.public_connect) {
        add("GRANT CONNECT ON " + database + " TO PUBLIC");
    }
    return statements;
}

Statements allow_connections_statements(const PgDatabase& wanted, const DatabaseState& live) {
    if (wanted.allow_connections == live.allow_connections) return {};
    return {{.text = "ALTER DATABASE " + sql_identifier(wanted.name) + " ALLOW_CONNECTIONS " +
                     (wanted.allow_connections ? "true" : "false")}};
}

Statements contents_statements(const PgDatabase& wanted, const DatabaseContents& live, const Catalog& catalog,
                               const std::vector<std::string>& default_privileges) {
    Statements statements;
    const auto add = [&](std::string text) { statements.push_back({.text = std::move(text)}); };
    if (live.public_schema_create) add("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    if (!live.admin_schema_create && live.schemas.contains("public") && catalog.role(kAdminRole) != nullptr)
        add("GRANT CREATE ON SCHEMA public TO " + std::string(kAdminRole));
    append(statements, default_privilege_statements(owner_of(wanted), default_privileges, live, catalog));
    for (const std::string& schema : wanted.schemas) {
        const auto owner = wanted.schema_owners.find(schema);
        const auto found = live.schemas.find(schema);
        if (found == live.schemas.end()) {
            add("CREATE SCHEMA " + sql_identifier(schema) + " AUTHORIZATION " +
                sql_identifier(owner == wanted.schema_owners.end() ? owner_of(wanted) : owner->second));
        } else if (owner != wanted.schema_owners.end() && owner->second != found->second.owner) {
            add("ALTER SCHEMA " + sql_identifier(schema) + " OWNER TO " + sql_identifier(owner->second));
        }
    }
    for (const DatabaseExtension& extension : wanted.extensions) {
        const std::string name = "EXTENSION " + sql_identifier(extension.name);
        const auto found = live.extensions.find(extension.name);
        if (found == live.extensions.end()) {
            std::string text = "CREATE " + name;
            if (extension.schema) text += " SCHEMA " + sql_identifier(*extension.schema);
            if (extension.version) text += " VERSION " + sql_literal(*extension.version);
            if (extension.cascade) text += " CASCADE";
            add(text);
            continue;
        }
        if (extension.version && *extension.version != found->second.version)
            add("ALTER " + name + " UPDATE TO " + sql_literal(*extension.version));
        if (extension.schema && *extension.schema != found->second.schema)
            add("ALTER " + name + " SET SCHEMA " + sql_identifier(*extension.schema));
    }
    return statements;
}

Statements default_privilege_statements(const std::string& owner, const std::vector<std::string>& grants,
                                        const DatabaseContents& live, const Catalog& catalog) {
    Statements statements;
    for (const std::string& text : grants) {
        const auto grant = parse_default_grant(text);
        if (!grant) continue;  // refused by validation: valid_default_privilege()
        if (catalog.role(grant->grantee) == nullptr || grant->grantee == owner) continue;
        const auto privileges = expanded(*grant);
        const bool holds = std::ranges::all_of(privileges, [&](const std::string& privilege) {
            return live.default_privileges.contains(
                default_privilege_key(owner, grant->type, grant->grantee, privilege));
        });
        if (holds) continue;
        std::string list;
        for (const std::string& privilege : privileges) list += (list.empty() ? "" : ", ") + privilege;
        statements.push_back({.text = "ALTER DEFAULT PRIVILEGES FOR ROLE " + sql_identifier(owner) + " GRANT " + list +
                                      " ON " + grant->type + " TO " + sql_identifier(grant->grantee)});
    }
    return statements;
}

Statement drop_database_statement(const std::string& name, bool force) {
    return {.text = "DROP DATABASE " + sql_identifier(name) + (force ? " WITH (FORCE)" : "")};
}

}  // namespace pigsty::module::pgsql
