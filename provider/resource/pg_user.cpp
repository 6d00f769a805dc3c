#include "provider/resource/pg_user.h"

#include "core/base/unknown.h"
#include "core/module/pgsql/object/password.h"
#include "core/module/pgsql/object/role_sql.h"
#include "core/module/pgsql/object/user.h"
#include "core/module/pgsql/rules/rules.h"
#include "core/module/pgsql/spec/constraints.h"
#include "core/render/scram.h"
#include "provider/framework/validators.h"
#include "provider/resource/problems.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::Value;
using framework::within;
using module::pgsql::PgUser;
using module::pgsql::RoleAttributes;
using module::pgsql::RoleOptions;

constexpr const char* kPasswordSubject = "password: ";

// A verifier in the state (after an import) and the plain password in the configuration.
bool same_password(const Value& prior, const Value& next) {
    if (!next.is_known()) return false;
    const Secret stored(prior.as_string());
    if (!render::looks_like_verifier(stored.reveal())) return false;
    return module::pgsql::holds_password(stored, Secret(next.as_string()));
}

bool same_time(const Value& prior, const Value& next) {
    if (!next.is_known()) return false;
    const auto a = module::pgsql::canonical_valid_until(prior.as_string());
    const auto b = module::pgsql::canonical_valid_until(next.as_string());
    return a && b && *a == *b;
}

Attributes<RoleOptions> role_option_attributes() {
    return {
        attribute("admin", &RoleOptions::admin).optional().description("May grant the role to others."),
        attribute("inherit", &RoleOptions::inherit)
            .optional()
            .description("Has its privileges without `SET ROLE` (PostgreSQL 16 and newer)."),
        attribute("set", &RoleOptions::set).optional().description("May `SET ROLE` to it (PostgreSQL 16 and newer)."),
    };
}

Attributes<RoleAttributes> role_attributes() {
    return {
        attribute("login", &RoleAttributes::login).fixed_default(true).description("May log in."),
        attribute("superuser", &RoleAttributes::superuser)
            .fixed_default(false)
            .description("Is subject to no checks at all."),
        attribute("createdb", &RoleAttributes::createdb).fixed_default(false).description("May create databases."),
        attribute("createrole", &RoleAttributes::createrole).fixed_default(false).description("May create roles."),
        attribute("inherit", &RoleAttributes::inherit)
            .fixed_default(true)
            .description("Has the privileges of the roles it is a member of."),
        attribute("replication", &RoleAttributes::replication).fixed_default(false).description("May replicate."),
        attribute("bypassrls", &RoleAttributes::bypassrls)
            .fixed_default(false)
            .description("Is not subject to row-level security."),
        attribute("connection_limit", &RoleAttributes::connection_limit)
            .fixed_default(-1)
            .validate(framework::at_least(-1))
            .description("Most connections at a time; -1: no limit."),
    };
}

Attributes<RoleAttributes> expiry_attributes() {
    return {
        attribute("valid_until", &RoleAttributes::valid_until)
            .kept()
            .same_meaning(same_time)
            .example("\"2030-12-31\"")
            .description("When the password expires: a date, an RFC 3339 time, or `infinity`; UTC where it names no "
                         "zone. Not set: what `expire_in` comes to, and never without that."),
    };
}

Attributes<PgUser> login_attributes() {
    return {
        cluster_attribute(&PgUser::cluster),
        attribute("name", &PgUser::name)
            .required()
            .forces_replacement()
            .validate(framework::length_between(1, 63))
            .example("\"app\"")
            .description("Name of the role. Anything that SQL allows; pgbouncer's lists take less."),
        attribute("password", &PgUser::password)
            .optional()
            .sensitive()
            .validate(framework::not_empty())
            .same_meaning(same_password)
            .description("Password: plain, or a verifier as PostgreSQL stores it (`SCRAM-SHA-256$…`). It is in the "
                         "state; `password_wo` "
                         "never is. Plain text leaves this machine only where the server checks passwords itself."),
        attribute("password_wo_version", &PgUser::password_wo_version)
            .optional()
            .description("Any number; another one makes `password_wo` count anew."),
        within(&PgUser::attributes, role_attributes()),
        attribute("expire_in", &PgUser::expire_in)
            .optional()
            .validate(framework::between(1, 36500))
            .description("Days until the password expires, counted once, when this is first applied. `valid_until` "
                         "then shows the "
                         "date."),
        within(&PgUser::attributes, expiry_attributes()),
        attribute("comment", &PgUser::comment).optional().description("Comment on the role. Not set: left alone."),
        attribute("roles", &PgUser::roles)
            .optional()
            .validate(framework::each(framework::length_between(1, 63)))
            .example("[\"dbrole_readwrite\"]")
            .description("All roles that it is a member of; memberships beyond these are taken away."),
        nested("role_options", &PgUser::role_options, role_option_attributes())
            .optional()
            .example("{ dbrole_admin = { admin = true } }")
            .description("Options of memberships by role. Not set: PostgreSQL's defaults, or as they are."),
        attribute("parameters", &PgUser::parameters)
            .optional()
            .example("{ statement_timeout = \"30s\" }")
            .description("All settings of its sessions (`ALTER ROLE … SET`); others are reset."),
        attribute("pgbouncer", &PgUser::pgbouncer)
            .fixed_default(false)
            .description("Stands in pgbouncer's user list on every member, so that it can log in through the pool."),
        attribute("pool_mode", &PgUser::pool_mode)
            .optional()
            .validate(framework::one_of(module::pgsql::kPoolModes))
            .description("When a server connection of this user goes back to the pool. Not set: the pool's."),
        attribute("pool_connlimit", &PgUser::pool_connlimit)
            .optional()
            .validate(framework::at_least(-1))
            .description("Most server connections of this user through pgbouncer; -1: no limit."),
    };
}

Attributes<PgUserState> user_attributes() {
    return {
        within(&PgUserState::user, login_attributes()),
        attribute("password_wo", &PgUserState::password_wo)
            .optional()
            .write_only()
            .sensitive()
            .validate(framework::not_empty())
            .description("The same as `password`, never stored in a state or a plan. Counts when `password_wo_version` "
                         "changes, and "
                         "when somebody changed the password on the server."),
        within(&PgUserState::common,
               framework::common_attributes(
                   {.forecast = false, .deletion_protection = false, .ignore_example = "[\"password\"]"}))};
}

void resolve_expiry(PgUser& user) {
    if (!user.expire_in || (user.attributes.valid_until && !has_unknown(*user.attributes.valid_until))) return;
    user.attributes.valid_until = module::pgsql::date_in(*user.expire_in);
}

bool is_ignored(const framework::CommonState& common, const std::string& sentence) {
    return common.drift_policy != "repair" || framework::noted_drift({sentence}, common.drift_ignore).empty();
}

}  // namespace

framework::Declaration<PgUserState> PgUserResource::declare() const {
    return {
        .description =
            "A user of a PostgreSQL cluster: the role with its password, memberships and settings, and its place in "
            "pgbouncer's lists on every member.\n\n"
            "Passwords are sent as SCRAM verifiers made here. Destroying it hands over what it owns to `postgres`, in "
            "every database, before the role goes.",
        .subcategory = "PostgreSQL",
        .attributes = user_attributes(),
        .rules = {framework::conflicts_with("password", {"password_wo", "password_wo_version"}),
                  framework::required_together({"password_wo", "password_wo_version"}),
                  framework::conflicts_with("expire_in", {"valid_until"})}};
}

PgUserResource::PgUserResource() : SqlResource({.type = "pg_user", .what = "role"}, &PgUserState::user) {}

void PgUserResource::before_write(PgUserState& state) const { resolve_expiry(state.user); }

// With the password of whichever attribute holds it: a state holds no write-only one, only its version.
PgUser PgUserResource::whole(const PgUserState& state) const {
    PgUser user = SqlResource::whole(state);
    user.password_write_only = state.password_wo.has_value() || user.password_wo_version.has_value();
    if (state.password_wo) user.password = state.password_wo;
    return user;
}

Result<std::string> PgUserResource::create_in(Session& session, const PgUser& planned, const Operation& operation,
                                              const Cancel& cancel) const {
    return module::pgsql::create_user(session, planned, operation, cancel);
}

Result<std::optional<PgUserResource::Live>> PgUserResource::read_in(Session& session, const PgUser& given,
                                                                    const std::string& id,
                                                                    std::vector<std::string>& warnings,
                                                                    const Cancel& cancel) const {
    return module::pgsql::read_user(session, given, id, cancel, &warnings);
}

Status PgUserResource::update_in(Session& session, const PgUserState& prior, const PgUserState& planned,
                                 const Operation& operation, const Cancel& cancel) const {
    const PgUser before = whole(prior);
    const PgUser after = whole(planned);
    return module::pgsql::update_user(session,
                                      {.prior = before,
                                       .planned = after,
                                       .id = prior.common.id,
                                       .repair_password = !is_ignored(planned.common, kPasswordSubject)},
                                      operation, cancel);
}

Status PgUserResource::drop_in(Session& session, const PgUser& state, const std::string& id, const Operation& operation,
                               const Cancel& cancel) const {
    return module::pgsql::drop_user(session, state, id, operation, cancel);
}

Result<PgUserResource::Imported> PgUserResource::import_in(Session& session, const std::string& name,
                                                           const Cancel& cancel) const {
    return module::pgsql::import_user(session, name, cancel);
}

void PgUserResource::validate(const PgUserState& config, framework::Validation& validation) const {
    report_problems(module::pgsql::problems_of(whole(config)), validation);
}

void PgUserResource::modify_more(framework::Plan<PgUserState>& plan) const {
    if (plan.writes("valid_until")) return;
    // Days are counted once: until they change, what came of them stands.
    PgUser& user = plan.planned.user;
    const bool unknown = plan.unknown.at("expire_in");
    const bool counted = plan.prior != nullptr && plan.prior->user.expire_in == user.expire_in &&
                         plan.prior->user.attributes.valid_until;
    if (unknown || (user.expire_in && !counted))
        user.attributes.valid_until = unknown_marker("valid_until");
    else
        user.attributes.valid_until = user.expire_in ? plan.prior->user.attributes.valid_until : std::nullopt;
    plan.decide("valid_until");
}

}  // namespace pigsty::provider
