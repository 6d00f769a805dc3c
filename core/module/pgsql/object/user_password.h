// What becomes of a user's stored password, settled once and before anything is sent: what is sent, what the server has
// afterwards, what the claim keeps of it.
//
//     const PasswordChange password = password_of_create(user, live, claim.id, *catalog);
//     wanted.password = password.send;
//     claim.password_digest = password.digest;
#pragma once

#include <optional>
#include <string>

#include "core/base/secret.h"
#include "core/module/pgsql/object/user.h"
#include "core/module/pgsql/session/catalog.h"

namespace pigsty::module::pgsql {

struct PasswordChange {
    // A verifier, or plain text where the server wants to judge it; nothing: the stored one stays, or is cleared.
    std::optional<Secret> send{};
    bool clears = false;
    bool is_made_by_server = false;    // of plain text: to be asked for afterwards
    std::optional<Secret> verifier{};  // what is stored afterwards, unless the server makes it
    std::string digest{};              // of it, for the claim
};

// What is sent of a password: the verifier that the server would make of it, or the plain text where it judges passwords
// itself.
Secret password_to_send(const Secret& password, const Catalog& catalog);

// `live` null: the role is to be made.
PasswordChange password_of_create(const PgUser& user, const RoleState* live, const ObjectClaim& claim,
                                  const Catalog& catalog);
// `known`: the claim as it is; null where there is none of ours yet.
PasswordChange password_of_update(const UserUpdate& update, const RoleState& live, const ObjectClaim* known,
                                  const Catalog& catalog);
// What the server made of plain text that was sent.
void made_by_server(PasswordChange& change, const std::string& claim_id, Secret stored);

// Somebody else changed it on the server. `claim` null: nobody has claimed the role yet.
bool has_password_drift(const PgUser& given, const RoleState& live, const ObjectClaim* claim);

}  // namespace pigsty::module::pgsql
