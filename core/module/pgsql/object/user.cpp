#include "core/module/pgsql/object/user.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/module/pgsql/object/object_claim.h"
#include "core/module/pgsql/object/object_handover.h"
#include "core/module/pgsql/object/object_identity.h"
#include "core/module/pgsql/object/password.h"
#include "core/module/pgsql/object/role_sql.h"
#include "core/module/pgsql/object/user_password.h"
#include "core/module/pgsql/session/parameters.h"

namespace pigsty::module::pgsql {
namespace {

using Work = ClusterSession::Work;

constexpr const char* kPasswordDrift = "password: was changed on the server";

// A change of one role in the making: its statements, and what the snapshot says once they are written.
struct RoleChange {
    RoleWanted wanted;
    PasswordChange password{};
    ObjectClaim claim{};
};

// The snapshot's entry of a role once it is as wanted.
RoleState role_after(const RoleWanted& wanted, const RoleState* before, const Catalog& catalog) {
    RoleState role = before == nullptr ? RoleState{.name = wanted.name} : *before;
    role.attributes = wanted.attributes;
    role.attributes.valid_until = comparable_valid_until(wanted.attributes.valid_until);
    if (wanted.comment) role.comment = wanted.comment->empty() ? std::nullopt : wanted.comment;
    role.parameters = wanted.parameters;
    const bool has_options = catalog.server_version >= 160000;
    std::map<std::string, Membership> memberships;
    for (const auto& [name, membership] : role.memberships)
        if (membership.is_automatic && !wanted.roles.contains(name)) memberships[name] = membership;
    for (const std::string& name : wanted.roles) {
        const auto known = role.memberships.find(name);
        const bool is_new = known == role.memberships.end();
        Membership membership = is_new ? Membership{} : known->second;
        if (is_new && has_options) membership = {.inherit = wanted.attributes.inherit, .set = true};
        const RoleOptions options = membership_options(wanted, name, catalog.server_version);
        membership.admin = options.admin.value_or(membership.admin);
        if (has_options && options.inherit) membership.inherit = options.inherit;
        if (has_options && options.set) membership.set = options.set;
        if (membership.is_automatic) membership.set = options.set.value_or(true);
        if (is_new || membership.is_automatic || wanted.role_options.contains(name) ||
            membership.inherit != known->second.inherit)
            membership.grantors.insert("");
        membership.is_automatic = false;
        memberships[name] = membership;
    }
    role.memberships = std::move(memberships);
    return role;
}

// One transaction: the role, its password, its claim. Afterwards the snapshot is what the server has.
Status write_role(Work& work, Catalog& catalog, RoleChange change) {
    const RoleState* live = catalog.role(change.wanted.name);
    PasswordChange& password = change.password;
    change.wanted.password = password.send;
    change.claim.password_digest = password.digest;
    Statements statements;
    if (password.send) statements.push_back(quiet_statement());
    append(statements, role_statements(change.wanted, live, catalog.server_version));
    if (password.clears)
        statements.push_back({.text = "ALTER ROLE " + sql_identifier(change.wanted.name) + " PASSWORD NULL"});
    const Statements claims = store_claim_statements(catalog, change.claim);
    append(statements, claims);
    TRY(const std::string answer, work.run_for_value(kDatabase, statements));
    if (!claims.empty()) change.claim.oid = std::stoll(answer);
    if (password.is_made_by_server) {
        TRY(const std::string stored,
            work.ask(kDatabase, "SELECT rolpassword FROM pg_catalog.pg_authid WHERE rolname = " +
                                    sql_literal(change.wanted.name)));
        remember_claim(catalog, change.claim);
        made_by_server(password, change.claim.id, Secret(stored));
        change.claim.password_digest = password.digest;
        TRY_VOID(work.run(kDatabase, store_claim_statements(catalog, change.claim)));
    }
    RoleState role = role_after(change.wanted, live, catalog);
    role.verifier = password.verifier;
    role.oid = change.claim.oid;
    catalog.roles.insert_or_assign(role.name, std::move(role));
    remember_claim(catalog, change.claim);
    return {};
}

Status finish_claim(ClusterSession& session, const std::string& name, const Cancel& cancel) {
    return session.change(
        [&](Work& work) -> Status {
            TRY(Catalog* const catalog, work.catalog());
            const ObjectClaim* claim = catalog->claim(kRoleKind, name);
            if (claim == nullptr)
                return fail(ErrorCode::conflict, "the claim of role \"" + name + "\" is gone: plan again");
            ObjectClaim ready = *claim;
            ready.state = kReady;
            TRY_VOID(work.run(kDatabase, store_claim_statements(*catalog, ready)));
            remember_claim(*catalog, ready);
            return {};
        },
        cancel);
}

// Memberships that no attribute shows: theirs is another `inherit` than the role's, and `role_options` does not ask for it.
std::vector<std::string> membership_drift(const PgUser& seen, const RoleState& live, std::int64_t server_version) {
    std::vector<std::string> sentences;
    const RoleWanted wanted = wanted_role(seen);
    for (const std::string& role : seen.roles) {
        const Membership& membership = live.memberships.at(role);
        const auto asked = seen.role_options.find(role);
        if (asked != seen.role_options.end() && asked->second.inherit) continue;
        const auto inherit = membership_options(wanted, role, server_version).inherit;
        if (!inherit || !membership.inherit || *inherit == *membership.inherit) continue;
        sentences.push_back(fmt::format("roles: \"{}\" is granted {}", role,
                                        *membership.inherit ? "with inherit, which the role itself has not"
                                                            : "without inherit, which the role itself has"));
    }
    return sentences;
}

// Of this create, of an unfinished one, or of one that no state knows of: its role is there, and has its name still.
bool role_goes_on(const Catalog& catalog, const ObjectClaim& claim, const ObjectClaim& ours) {
    return (claim.state == kCreating || claim.id == ours.id || is_open(claim, ours.handover)) &&
           standing_of(catalog, kRoleKind, claim.name, claim.id).name == claim.name;
}

Error made_anew(const PgCluster& cluster, const std::string& name) {
    return Error{
        .code = ErrorCode::conflict,
        .message = fmt::format("{}: the role \"{}\" is not the one in the state: it was made anew", cluster.name, name)}
        .with_hint("plan again");
}

RoleLogin login_of(const RoleState& role, const Catalog& catalog) {
    return {.verifier = role.verifier, .has_expired = has_expired(role.attributes.valid_until, catalog.now)};
}

// Its place in pgbouncer's lists, or why it has none.
Status put_in_lists(ClusterSession& session, const PgUser& user, const RoleLogin& login, const Operation& operation,
                    const Cancel& cancel) {
    TRY(const Fragments fragments, fragments_of(user, login));
    TRY_VOID(put_fragments(session, fragments, operation, cancel));
    if (!session.cluster().pgbouncer.enabled || !is_pooled(user)) return {};
    if (const std::string why = why_left_out(user, login); !why.empty())
        note(operation, "pgbouncer's lists leave it out: " + why);
    return check_verifier(user, login);
}

}  // namespace

PgUser seen_user(const PgUser& given, const RoleState& live) {
    PgUser seen = given;
    seen.attributes = live.attributes;
    const auto& end = live.attributes.valid_until;
    if (comparable_valid_until(given.attributes.valid_until) == comparable_valid_until(end))
        seen.attributes.valid_until = given.attributes.valid_until;
    else if (end == "infinity")
        seen.attributes.valid_until.reset();
    if (given.comment) seen.comment = live.comment.value_or("");
    seen.roles.clear();
    for (const auto& [role, membership] : live.memberships) {
        if (membership.is_automatic && !given.roles.contains(role)) continue;
        seen.roles.insert(role);
        const auto options = seen.role_options.find(role);
        if (options == seen.role_options.end()) continue;
        if (options->second.admin) options->second.admin = membership.admin;
        // Before PostgreSQL 16 there are no such options, and what was asked for stands.
        if (options->second.inherit && membership.inherit) options->second.inherit = membership.inherit;
        if (options->second.set && membership.set) options->second.set = membership.set;
    }
    seen.parameters.clear();
    for (const auto& [name, value] : live.parameters) {
        const auto known = find_parameter(given.parameters, name);
        if (known == given.parameters.end())
            seen.parameters[name] = value;
        else
            seen.parameters[known->first] = same_parameter(name, known->second, value) ? known->second : value;
    }
    return seen;
}

Result<std::string> create_user(ClusterSession& session, const PgUser& user, const Operation& operation,
                                const Cancel& cancel) {
    ObjectClaim claim{.kind = kRoleKind,
                      .name = user.name,
                      .id = uuid4(),
                      .state = is_pooled(user) ? kCreating : kReady,
                      .spec = claimed_spec(user),
                      .handover = session.run_id()};
    RoleLogin login;
    bool takes_over = false;
    TRY_VOID(wait_for_other_run(session, kRoleKind, user.name, operation, cancel));
    TRY_VOID(session.change(
        [&](Work& work) -> Status {
            TRY(Catalog* const catalog, claimed_catalog(work));
            const RoleState* live = catalog->role(user.name);
            TRY_VOID(refuse_elsewhere(session.cluster(), *catalog, kRoleKind, user.name));
            if (live != nullptr) {
                const ObjectClaim* known = catalog->claim(kRoleKind, user.name);
                if (known == nullptr || !role_goes_on(*catalog, *known, claim))
                    return fail(exists_already(session.cluster(), "role", user.name));
                takes_over = takes_over || is_open(*known, claim.handover);
                claim.id = known->id;
                claim.oid = live->oid;
                claim.password_digest = known->password_digest;
            }
            TRY_VOID(write_role(work, *catalog,
                                {.wanted = wanted_role(user),
                                 .password = password_of_create(user, live, claim, *catalog),
                                 .claim = claim}));
            login = login_of(*catalog->role(user.name), *catalog);
            return {};
        },
        cancel));
    if (takes_over) note(operation, takeover_warning(kRoleKind, user.name));
    if (!is_pooled(user)) return claim.id;
    TRY_VOID(put_in_lists(session, user, login, operation, cancel));
    TRY_VOID(finish_claim(session, user.name, cancel));
    return claim.id;
}

Result<std::optional<Live<PgUser>>> read_user(ClusterSession& session, const PgUser& given, const std::string& id,
                                              const Cancel& cancel, std::vector<std::string>* warnings) {
    std::optional<Live<PgUser>> found;
    RoleLogin login;
    TRY_VOID(session.look(
        [&](Work& work) -> Status {
            TRY(Catalog* const catalog, work.catalog());
            if (warnings != nullptr) *warnings = work.take_notices();
            const Standing standing = standing_of(*catalog, kRoleKind, given.name, id);
            if (standing.name.empty()) {
                if (standing.has_namesake && warnings != nullptr)
                    warnings->push_back(namesake_warning(session.cluster(), kRoleKind, given.name));
                return {};
            }
            const RoleState* live = catalog->role(standing.name);
            const ObjectClaim* claim = catalog->claim(kRoleKind, given.name);
            if (claim != nullptr && !id.empty() && claim->id != id) claim = nullptr;
            login = login_of(*live, *catalog);
            found = Live<PgUser>{.object = seen_user(given, *live)};
            if (auto drift = name_drift(kRoleKind, given.name, standing)) found->drift.push_back(*std::move(drift));
            if (claim != nullptr)
                if (auto drift = handover_drift(*claim, session.run_id())) found->drift.push_back(*std::move(drift));
            for (auto& sentence : membership_drift(found->object, *live, catalog->server_version))
                found->drift.push_back(std::move(sentence));
            if (given.expire_in && found->object.attributes.valid_until != given.attributes.valid_until) {
                // Resolved once: what somebody set instead is no new wish of the configuration.
                found->drift.push_back("valid_until: is " + comparable_valid_until(live->attributes.valid_until) +
                                       " on the server");
                found->object.attributes.valid_until = given.attributes.valid_until;
            }
            if (has_password_drift(given, *live, claim)) found->drift.emplace_back(kPasswordDrift);
            return {};
        },
        cancel));
    if (!found || !is_pooled(given)) return found;
    TRY(const Fragments fragments, fragments_of(found->object, login));
    const Status usable = check_verifier(found->object, login);
    std::string left_out = why_left_out(found->object, login);
    if (!usable) left_out = "its password is no SCRAM-SHA-256 verifier";
    TRY(const auto drift, fragment_drift(session, fragments, cancel, left_out));
    found->drift.insert(found->drift.end(), drift.begin(), drift.end());
    if (!usable && session.cluster().pgbouncer.enabled) found->drift.push_back(usable.error().message);
    return found;
}

Status update_user(ClusterSession& session, const UserUpdate& update, const Operation& operation,
                   const Cancel& cancel) {
    const PgUser& planned = update.planned;
    RoleLogin login;
    TRY_VOID(session.change(
        [&](Work& work) -> Status {
            TRY(Catalog * catalog, claimed_catalog(work));
            const ObjectClaim* known = catalog->claim(kRoleKind, planned.name);
            const Standing standing = standing_of(*catalog, kRoleKind, planned.name, update.id);
            if (standing.name.empty() && standing.has_namesake) return fail(made_anew(session.cluster(), planned.name));
            if (standing.name.empty()) {
                return fail(
                    Error{.code = ErrorCode::conflict,
                          .message = fmt::format("{}: the role \"{}\" is gone since this plan was made: plan again",
                                                 session.cluster().name, planned.name)});
            }
            TRY_VOID(take_name_back(work, kRoleKind, planned.name, standing));
            TRY(catalog, work.catalog());
            const RoleState* live = catalog->role(planned.name);
            known = catalog->claim(kRoleKind, planned.name);
            if (known != nullptr && known->id != update.id) known = nullptr;  // of one that is gone
            const auto seen = [&](const PgUser& as) {
                PgUser user = seen_user(as, *live);
                // Where days were given, another date on the server is drift, and the plan knew it as that.
                if (update.prior.expire_in) user.attributes.valid_until = as.attributes.valid_until;
                return user;
            };
            PgUser before = seen(update.prior);
            // Roles that left since (this same run may do so) took their memberships along.
            for (const std::string& role : update.prior.roles)
                if (catalog->role(role) == nullptr) before.roles.insert(role);
            if (const auto field = changed_since_plan(to_json(update.prior), to_json(planned), to_json(before),
                                                      to_json(seen(planned))))
                return fail(changed_since_plan_error(session.cluster(), "role", planned.name, *field));
            TRY_VOID(write_role(work, *catalog,
                                {.wanted = wanted_role(planned),
                                 .password = password_of_update(update, *live, known, *catalog),
                                 .claim = {.kind = kRoleKind,
                                           .name = planned.name,
                                           .id = update.id,
                                           .state = kReady,
                                           .spec = claimed_spec(planned),
                                           .oid = live->oid}}));
            login = login_of(*catalog->role(planned.name), *catalog);
            return {};
        },
        cancel));
    if (!is_pooled(planned) && !is_pooled(update.prior)) return {};
    return put_in_lists(session, planned, login, operation, cancel);
}

Result<Imported<PgUser>> import_user(ClusterSession& session, const std::string& name, const Cancel& cancel) {
    Imported<PgUser> imported;
    TRY_VOID(session.look(
        [&](Work& work) -> Status {
            TRY(Catalog* const catalog, work.catalog());
            const RoleState* live = catalog->role(name);
            if (live == nullptr)
                return fail(ErrorCode::invalid,
                            fmt::format("expected a role \"{}\" in {}, found none", name, session.cluster().name));
            TRY_VOID(refuse_elsewhere(session.cluster(), *catalog, kRoleKind, name));
            const ObjectClaim* claim = catalog->claim(kRoleKind, name);
            // One of a role that is gone says nothing about who has its name now.
            if (claim != nullptr && standing_of(*catalog, kRoleKind, name, claim->id).name != name) claim = nullptr;
            if (claim != nullptr) {
                TRY(imported.object, pg_user_from_json(claim->spec));
                imported.id = claim->id;
            } else {
                imported.object.name = name;
                imported.object.comment = live->comment;
                // What others granted in their own way stays as it is.
                for (const auto& [role, membership] : live->memberships)
                    if (!membership.is_automatic && membership.inherit &&
                        *membership.inherit != live->attributes.inherit)
                        imported.object.role_options[role].inherit = membership.inherit;
                imported.id = adopted_id(*catalog, kRoleKind, live->oid);
            }
            // A configured plain password is compared with it; a write-only one leaves nothing in the state.
            if (!imported.object.password_write_only && (claim == nullptr || !claim->password_digest.empty()))
                imported.object.password = live->verifier;
            return {};
        },
        cancel));
    return imported;
}

}  // namespace pigsty::module::pgsql
