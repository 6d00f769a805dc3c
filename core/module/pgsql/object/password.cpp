#include "core/module/pgsql/object/password.h"

#include <cstdlib>
#include <memory>

#include "core/base/hash.h"
#include "core/render/scram.h"

// libpgcommon, which libpq is linked with, has the server's own SASLprep (src/common/saslprep.c); its header is not
// installed. Answers 0 and text from malloc(), or why there is none.
extern "C" int pg_saslprep(const char* input, char** output);

namespace pigsty::module::pgsql {

Secret prepared_password(const Secret& password) {
    char* output = nullptr;
    const int outcome = pg_saslprep(std::string(password.reveal()).c_str(), &output);
    const std::unique_ptr<char, decltype(&std::free)> owned(output, &std::free);
    return outcome == 0 && output != nullptr ? Secret(std::string(output)) : password;
}

Secret verifier_of(const Secret& password, std::int64_t iterations) {
    if (render::looks_like_verifier(password.reveal())) return password;
    return Secret(render::scram_verifier(prepared_password(password).reveal(), random_bytes(render::kScramSaltBytes),
                                         static_cast<int>(iterations)));
}

bool holds_password(const std::optional<Secret>& stored, const Secret& password) {
    if (!stored) return false;
    if (render::looks_like_verifier(password.reveal())) return *stored == password;
    const auto verifier = render::parse_scram_verifier(stored->reveal());
    return verifier && render::scram_matches(*verifier, prepared_password(password).reveal());
}

std::string verifier_digest(const std::string& claim_id, const std::optional<Secret>& verifier) {
    return verifier ? hex(hmac_sha256_raw(claim_id, verifier->reveal())) : "";
}

Statement quiet_statement() {
    // Settings of libraries that are not loaded are accepted and mean nothing.
    return {.text =
                "SET LOCAL log_statement = 'none'; SET LOCAL log_min_duration_statement = -1; SET LOCAL log_duration = "
                "off; "
                "SET LOCAL log_min_duration_sample = -1; SET LOCAL log_transaction_sample_rate = 0; "
                "SET LOCAL log_min_error_statement = 'panic'; SET LOCAL pg_stat_statements.track_utility = off; "
                "SET LOCAL pg_stat_statements.track = 'none'; SET LOCAL auto_explain.log_min_duration = -1; "
                "SET LOCAL pgaudit.log = 'none'"};
}

}  // namespace pigsty::module::pgsql
