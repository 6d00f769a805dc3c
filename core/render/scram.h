// SCRAM-SHA-256 verifiers as PostgreSQL stores them (RFC 5803): SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY
//
//     const std::string verifier = scram_verifier(prepared, random_bytes(kScramSaltBytes), kScramIterations);
//     const auto stored = parse_scram_verifier(live);
//     if (stored && scram_matches(*stored, prepared)) …       // the password did not change
//
// `password` is what SASLprep made of it (RFC 4013; ASCII stays as it is): libpgcommon's pg_saslprep does that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pigsty::render {

inline constexpr int kScramIterations = 4096;
inline constexpr std::size_t kScramSaltBytes = 16;

struct ScramVerifier {
    int iterations = 0;
    std::string salt;        // raw bytes
    std::string stored_key;  // raw, 32 bytes
    std::string server_key;  // raw, 32 bytes
};

std::string scram_verifier(std::string_view password, std::string_view salt, int iterations);
// Nothing where the text has not exactly this form.
std::optional<ScramVerifier> parse_scram_verifier(std::string_view text);
bool scram_matches(const ScramVerifier& verifier, std::string_view password);

// Whether PostgreSQL would take the text for a verifier instead of a password: "SCRAM-SHA-256$…" or "md5" + 32 digits.
bool looks_like_verifier(std::string_view text);

}  // namespace pigsty::render
