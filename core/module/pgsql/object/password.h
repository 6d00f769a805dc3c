// Passwords as PostgreSQL stores and compares them. Plain text leaves this process only where the server insists on it.
//
//     const Secret stored = verifier_of(password, catalog.scram_iterations);   // what ALTER ROLE … PASSWORD is sent
//     if (!holds_password(live.verifier, password)) …                          // the password is another one
//     claim.password_digest = verifier_digest(claim.id, stored);               // notices when somebody changes it
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/secret.h"
#include "core/module/pgsql/session/statement.h"

namespace pigsty::module::pgsql {

// A verifier as it is; of plain text a SCRAM-SHA-256 verifier with a fresh salt, prepared as the server does (SASLprep).
Secret verifier_of(const Secret& password, std::int64_t iterations);
// What SASLprep makes of it (RFC 4013), as the server and all clients do; text that it refuses stays as it is.
Secret prepared_password(const Secret& password);
// Whether the stored verifier is that of this password (plain: recomputed with the stored salt; a verifier: equal).
// A plain password against an MD5 verifier: false, so that it is stored as SCRAM from then on.
bool holds_password(const std::optional<Secret>& stored, const Secret& password);
// What a claim keeps of a verifier: useless without the verifier itself. Empty where there is none.
std::string verifier_digest(const std::string& claim_id, const std::optional<Secret>& verifier);

// For the transaction that sends a password: the server writes no statement of it anywhere (log, statistics, plans, audit).
Statement quiet_statement();

}  // namespace pigsty::module::pgsql
