#include "core/module/pgsql/object/user_password.h"

#include <utility>

#include "core/module/pgsql/object/password.h"
#include "core/render/scram.h"

namespace pigsty::module::pgsql {
namespace {

bool had_password(const PgUser& user) {
    return user.password.has_value() || user.password_write_only || user.password_wo_version.has_value();
}

bool holds_wanted(const PgUser& user, const std::optional<Secret>& stored) {
    return user.password && holds_password(stored, *user.password);
}

// Somebody wrote another one than we did, or we wrote none.
bool is_touched(const RoleState& live, const ObjectClaim* claim) {
    return claim == nullptr || claim->password_digest != verifier_digest(claim->id, live.verifier);
}

PasswordChange left_alone(std::optional<Secret> stored, std::string digest) {
    return {.verifier = std::move(stored), .digest = std::move(digest)};
}

PasswordChange sent(const Secret& password, const std::string& claim_id, const Catalog& catalog) {
    Secret text = password_to_send(password, catalog);
    if (!render::looks_like_verifier(text.reveal())) return {.send = std::move(text), .is_made_by_server = true};
    std::string digest = verifier_digest(claim_id, text);
    return {.send = text, .verifier = text, .digest = std::move(digest)};
}

}  // namespace

Secret password_to_send(const Secret& password, const Catalog& catalog) {
    return catalog.checks_passwords ? password : verifier_of(password, catalog.scram_iterations);
}

PasswordChange password_of_create(const PgUser& user, const RoleState* live, const ObjectClaim& claim,
                                  const Catalog& catalog) {
    const std::optional<Secret> stored = live == nullptr ? std::nullopt : live->verifier;
    if (!user.password) return left_alone(stored, claim.password_digest);
    if (holds_wanted(user, stored)) return left_alone(stored, verifier_digest(claim.id, stored));
    return sent(*user.password, claim.id, catalog);
}

PasswordChange password_of_update(const UserUpdate& update, const RoleState& live, const ObjectClaim* known,
                                  const Catalog& catalog) {
    const PgUser& prior = update.prior;
    const PgUser& planned = update.planned;
    // One that was found to hold already is watched from now on.
    if (holds_wanted(planned, live.verifier))
        return left_alone(live.verifier, verifier_digest(update.id, live.verifier));
    if (planned.password) {
        const bool is_asked = planned.password_write_only ? prior.password_wo_version != planned.password_wo_version ||
                                                                !prior.password_write_only
                                                          : !prior.password || !(*prior.password == *planned.password);
        if (is_asked || (update.repair_password && is_touched(live, known)))
            return sent(*planned.password, update.id, catalog);
    } else if (!planned.password_write_only && had_password(prior) && live.verifier) {
        return {.clears = true};
    }
    return left_alone(live.verifier, known == nullptr ? "" : known->password_digest);
}

void made_by_server(PasswordChange& change, const std::string& claim_id, Secret stored) {
    change.verifier = std::move(stored);
    change.digest = verifier_digest(claim_id, change.verifier);
}

bool has_password_drift(const PgUser& given, const RoleState& live, const ObjectClaim* claim) {
    if (holds_wanted(given, live.verifier)) return false;
    return claim == nullptr ? given.password.has_value() : had_password(given) && is_touched(live, claim);
}

}  // namespace pigsty::module::pgsql
