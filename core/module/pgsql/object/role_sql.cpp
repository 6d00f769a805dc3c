#include "core/module/pgsql/object/role_sql.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <regex>

#include "core/base/quote.h"
#include "core/module/pgsql/session/parameters.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::int64_t kMembershipOptions = 160000;  // GRANT … WITH INHERIT, SET: PostgreSQL 16

std::string options_that_differ(const RoleAttributes& wanted, const RoleAttributes& live) {
    std::string options;
    for (const render::RoleFlag& flag : render::kRoleFlags)
        if (wanted.*flag.member != live.*flag.member)
            options += std::string(" ") + (wanted.*flag.member ? flag.on : flag.off);
    if (wanted.connection_limit != live.connection_limit)
        options += " CONNECTION LIMIT " + std::to_string(wanted.connection_limit);
    if (comparable_valid_until(wanted.valid_until) != comparable_valid_until(live.valid_until))
        options += " VALID UNTIL " + sql_literal(comparable_valid_until(wanted.valid_until));
    return options;
}

Statement with_options(const std::string& verb, const RoleWanted& wanted, const std::string& options) {
    const std::string head = verb + " ROLE " + sql_identifier(wanted.name) + options;
    if (!wanted.password) return {.text = head};
    return {.text = head + " PASSWORD " + sql_literal(wanted.password->reveal()),
            .secret = true,
            .shown = head + " PASSWORD ****"};
}

std::string grant_options(const RoleOptions& options, std::int64_t server_version) {
    std::string text;
    const auto add = [&text](const char* word, const std::optional<bool>& value) {
        if (!value) return;
        text += text.empty() ? " WITH " : ", ";
        text += std::string(word) + (*value ? " TRUE" : " FALSE");
    };
    if (server_version >= kMembershipOptions) {
        add("ADMIN", options.admin);
        add("INHERIT", options.inherit);
        add("SET", options.set);
    } else if (options.admin.value_or(false)) {
        text = " WITH ADMIN OPTION";
    }
    return text;
}

bool options_hold(const RoleOptions& wanted, const Membership& live) {
    const auto holds = [](const std::optional<bool>& want, const std::optional<bool>& have) {
        return !want || !have || *want == *have;
    };
    return holds(wanted.admin, live.admin) && holds(wanted.inherit, live.inherit) && holds(wanted.set, live.set);
}

// Since 16 a grant belongs to its grantor: REVOKE takes away the bootstrap superuser's alone, unless told otherwise.
void add_revokes(Statements& statements, const std::string& what, const std::set<std::string>& grantors,
                 std::int64_t server_version) {
    const bool plain = grantors.empty() || grantors.contains("") || server_version < kMembershipOptions;
    if (plain) statements.push_back({.text = "REVOKE " + what});
    if (server_version < kMembershipOptions) return;
    for (const std::string& grantor : grantors)
        if (!grantor.empty())
            statements.push_back({.text = "REVOKE " + what + " GRANTED BY " + sql_identifier(grantor)});
}

// GRANT … WITH INHERIT FALSE says nothing about what others granted.
void add_option_revokes(Statements& statements, const std::string& grant, const RoleOptions& wanted,
                        const Membership& live) {
    std::set<std::string> others = live.grantors;
    others.erase("");
    if (others.empty()) return;
    const auto add = [&](const char* word, const std::optional<bool>& want, bool have) {
        if (have && !want.value_or(true))
            add_revokes(statements, word + (" OPTION FOR " + grant), others, kMembershipOptions);
    };
    add("ADMIN", wanted.admin, live.admin);
    add("INHERIT", wanted.inherit, live.inherit.value_or(false));
    add("SET", wanted.set, live.set.value_or(false));
}

bool asks_for_inherit(const RoleWanted& wanted, const std::string& role) {
    const auto given = wanted.role_options.find(role);
    return given != wanted.role_options.end() && given->second.inherit.has_value();
}

void add_memberships(Statements& statements, const RoleWanted& wanted, const RoleState& live,
                     std::int64_t server_version) {
    const std::string member = sql_identifier(wanted.name);
    for (const auto& [role, membership] : live.memberships) {
        const bool is_ours_to_take = wanted.authoritative || wanted.former_roles.contains(role);
        if (is_ours_to_take && !wanted.roles.contains(role) && !membership.is_automatic)
            add_revokes(statements, sql_identifier(role) + " FROM " + member, membership.grantors, server_version);
    }
    for (const std::string& role : wanted.roles) {
        const auto found = live.memberships.find(role);
        const bool is_new = found == live.memberships.end();
        RoleOptions options = membership_options(wanted, role, server_version);
        // A new one gets its `inherit` from the member; of one that was asked for, PostgreSQL's own grant is only a part.
        if (is_new && options.inherit == wanted.attributes.inherit && !asks_for_inherit(wanted, role))
            options.inherit.reset();
        if (!is_new && found->second.is_automatic && !options.set) options.set = true;
        if (found != live.memberships.end() && options_hold(options, found->second)) continue;
        const bool loses_admin = server_version < kMembershipOptions && found != live.memberships.end() &&
                                 found->second.admin && !options.admin.value_or(true);
        if (loses_admin)
            statements.push_back({.text = "REVOKE ADMIN OPTION FOR " + sql_identifier(role) + " FROM " + member});
        else
            statements.push_back(
                {.text = "GRANT " + sql_identifier(role) + " TO " + member + grant_options(options, server_version)});
        if (found != live.memberships.end() && server_version >= kMembershipOptions)
            add_option_revokes(statements, sql_identifier(role) + " FROM " + member, options, found->second);
    }
}

Statement by_number(std::string_view form, Oid role, const std::string& more = "") {
    return {.text = "DO " + sql_literal("BEGIN EXECUTE pg_catalog.format(" + sql_literal(form) +
                                        ", (SELECT rolname FROM pg_catalog.pg_authid WHERE oid = " +
                                        std::to_string(role) + ")" + more + "); END")};
}

}  // namespace

RoleWanted wanted_role(const PgUser& user) {
    return {.name = user.name,
            .attributes = user.attributes,
            .comment = user.comment,
            .roles = user.roles,
            .role_options = user.role_options,
            .parameters = user.parameters};
}

RoleWanted wanted_role(const render::Role& role) {
    return {.name = role.name,
            .attributes = role.attributes,
            .comment = role.comment.empty() ? std::nullopt : std::optional(role.comment),
            .roles = {role.roles.begin(), role.roles.end()},
            .parameters = role.parameters,
            .authoritative = false};
}

RoleOptions membership_options(const RoleWanted& wanted, const std::string& role, std::int64_t server_version) {
    const auto given = wanted.role_options.find(role);
    RoleOptions options = given == wanted.role_options.end() ? RoleOptions{} : given->second;
    // Whoever grants to default roles may do so in their own way.
    if (wanted.authoritative && server_version >= kMembershipOptions && !options.inherit)
        options.inherit = wanted.attributes.inherit;
    return options;
}

Statements role_statements(const RoleWanted& wanted, const RoleState* live, std::int64_t server_version) {
    Statements statements;
    RoleState base{.name = wanted.name};
    if (live == nullptr) {
        statements.push_back(with_options("CREATE", wanted, options_that_differ(wanted.attributes, base.attributes)));
    } else {
        base = *live;
        const std::string options = options_that_differ(wanted.attributes, base.attributes);
        if (!options.empty() || wanted.password) statements.push_back(with_options("ALTER", wanted, options));
    }
    if (wanted.comment && wanted.comment != base.comment && !(wanted.comment->empty() && !base.comment)) {
        statements.push_back({.text = "COMMENT ON ROLE " + sql_identifier(wanted.name) + " IS " +
                                      (wanted.comment->empty() ? "NULL" : sql_literal(*wanted.comment))});
    }
    ParameterMap live_parameters = base.parameters;
    if (!wanted.authoritative)
        std::erase_if(live_parameters, [&](const auto& entry) {
            return find_parameter(wanted.parameters, entry.first) == wanted.parameters.end() &&
                   find_parameter(wanted.former_parameters, entry.first) == wanted.former_parameters.end();
        });
    append(statements, parameter_statements("ROLE " + sql_identifier(wanted.name), wanted.parameters, live_parameters));
    add_memberships(statements, wanted, base, server_version);
    return statements;
}

Result<std::string> canonical_valid_until(std::string_view text) {
    if (text == "infinity") return std::string(text);
    static const std::regex kForm(
        R"(([1-9]\d{3})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))? ?(Z|UTC|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?)?)?)");
    std::cmatch part;
    const auto number = [&part](std::size_t index) { return part[index].matched ? std::stoi(part[index].str()) : 0; };
    if (!std::regex_match(text.data(), text.data() + text.size(), part, kForm)) {
        return fail(ErrorCode::invalid,
                    "expected a time such as \"2027-01-31\", \"2027-01-31T12:00:00Z\" or \"infinity\", found \"" +
                        std::string(text) + "\"");
    }
    std::tm when{};
    when.tm_year = number(1) - 1900;
    when.tm_mon = number(2) - 1;
    when.tm_mday = number(3);
    when.tm_hour = number(4);
    when.tm_min = number(5);
    when.tm_sec = number(6);
    const std::tm asked = when;
    std::time_t seconds = timegm(&when);
    if (when.tm_mon != asked.tm_mon || when.tm_mday != asked.tm_mday || asked.tm_hour > 23 || asked.tm_min > 59 ||
        asked.tm_sec > 59)
        return fail(ErrorCode::invalid, "expected a date of the calendar, found \"" + std::string(text) + "\"");
    if (part[7].matched && part[7].str() != "Z" && part[7].str() != "UTC") {
        const std::string zone = part[7].str();
        const int hours = std::stoi(zone.substr(1, 2));
        const int minutes = zone.size() > 3 ? std::stoi(zone.substr(zone.size() - 2)) : 0;
        seconds -= (zone[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    }
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 32> canonical{};
    std::strftime(canonical.data(), canonical.size(), "%Y-%m-%d %H:%M:%S+00", &utc);
    return std::string(canonical.data());
}

std::string date_in(std::int64_t days) {
    const std::time_t then = std::time(nullptr) + static_cast<std::time_t>(days) * 86400;
    std::tm utc{};
    gmtime_r(&then, &utc);
    std::array<char, 16> date{};
    std::strftime(date.data(), date.size(), "%Y-%m-%d", &utc);
    return date.data();
}

std::string comparable_valid_until(const std::optional<std::string>& valid_until) {
    if (!valid_until) return "infinity";
    return canonical_valid_until(*valid_until).value_or(*valid_until);  // the server may have one beyond the year 9999
}

bool has_expired(const std::optional<std::string>& valid_until, const std::string& now) {
    const std::string end = comparable_valid_until(valid_until);
    // "-infinity" sorts before all digits, "infinity" after them; years have four of these, and more are far away.
    return end == "-infinity" || (end.size() <= now.size() && end <= now);
}

Statements hand_over_statements(Oid role, const std::string& heir) {
    return {by_number("REASSIGN OWNED BY %I TO %I", role, ", " + sql_literal(heir)),
            by_number("DROP OWNED BY %I", role)};
}

Statements drop_role_statements(Oid role) { return {by_number("DROP ROLE %I", role)}; }

}  // namespace pigsty::module::pgsql
