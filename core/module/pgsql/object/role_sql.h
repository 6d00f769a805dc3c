// Roles in SQL: from what is wanted and what is live to the statements that close the gap. Nothing where it already holds.
//
//     const Statements statements = role_statements(wanted, catalog.role("app"), catalog.server_version);
//
// Pure. Names and values go through core/base/quote.h, whatever they hold.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/module/pgsql/session/catalog.h"
#include "core/module/pgsql/session/statement.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

struct RoleWanted {
    std::string name;
    RoleAttributes attributes{};
    std::optional<std::string> comment{};  // null: left alone
    // What to store as the password in this run: a verifier, or plain text where the server checks passwords itself.
    // Null: the stored password is left alone.
    std::optional<Secret> password{};
    std::set<std::string> roles{};  // all that it shall be a member of
    std::map<std::string, RoleOptions> role_options{};
    std::map<std::string, std::string> parameters{};
    // Memberships and settings beyond the wanted ones are taken away (users), or left alone (default roles, which share
    // their roles with whoever grants to them) but for these, which the specification before this one named.
    bool authoritative = true;
    std::set<std::string> former_roles{};
    std::map<std::string, std::string> former_parameters{};
};

RoleWanted wanted_role(const PgUser& user);
RoleWanted wanted_role(const render::Role& role);

Statements role_statements(const RoleWanted& wanted, const RoleState* live, std::int64_t server_version);

// What a membership shall have: what is asked for; since 16, when each membership has an `inherit` of its own, that of the
// member where nothing is said.
RoleOptions membership_options(const RoleWanted& wanted, const std::string& role, std::int64_t server_version);

// "2027-01-31", "2027-01-31 12:00:00+02", RFC 3339 or "infinity" → "2027-01-31 00:00:00+00" in UTC; a date without zone is
// UTC. Error `invalid` for anything else.
Result<std::string> canonical_valid_until(std::string_view text);
// The date so many days from now, in UTC: what `expire_in` comes to.
std::string date_in(std::int64_t days);
// Infinity and "never set" mean the same.
std::string comparable_valid_until(const std::optional<std::string>& valid_until);
// Whether it has passed at `now`, both written as the server's catalog shows them.
bool has_expired(const std::optional<std::string>& valid_until, const std::string& now);

// Why a role must not be dropped yet, or the statements that hand its objects to `heir` in one database, and those that
// end it in the cluster. DROP ROLE never fails half-way: objects are handed over in every database first.
// By its number: a name of other letters than the database's encoding has is found as well.
Statements hand_over_statements(Oid role, const std::string& heir);
Statements drop_role_statements(Oid role);

}  // namespace pigsty::module::pgsql
