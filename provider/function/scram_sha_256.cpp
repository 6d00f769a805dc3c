#include "provider/function/scram_sha_256.h"

#include "core/base/hash.h"
#include "core/module/pgsql/object/password.h"
#include "core/render/scram.h"

namespace pigsty::provider {

using framework::argument_error;

namespace {

// The server's own bound is 2147483647, which is twenty minutes of work here and as much at every login.
constexpr std::int64_t kMostIterations = 10'000'000;

}  // namespace

framework::FunctionDeclaration ScramSha256::declare() const {
    return {.summary = "The SCRAM-SHA-256 verifier of a password",
            .description =
                "Makes the text that PostgreSQL stores for a password, as `SCRAM-SHA-256$4096:…`. Whoever has it can "
                "check the "
                "password and cannot log in with it. `pigsty_pg_user` takes it as `password`.\n\n"
                "The password is prepared as the server does (SASLprep), so that every client's spelling of it fits. "
                "The same "
                "arguments give the same verifier: give each login a salt of its own.",
            .parameters = {{"password", "The password in plain text."},
                           {"salt",
                            "Random bytes in base64, usually 16 of them: `random_bytes.app.base64`, or "
                            "`openssl rand -base64 16`."},
                           {"iterations", "How often it is hashed: 1 to 10000000; PostgreSQL's own number is 4096."}}};
}

framework::FunctionResult<std::string> ScramSha256::call(Secret password, std::string salt,
                                                         std::int64_t iterations) const {
    if (password.empty())
        return argument_error(0, "expected a password, found an empty text: PostgreSQL lets nobody in with that");
    if (password.reveal().find('\0') != std::string_view::npos)
        return argument_error(0, "expected a password without the character U+0000, which PostgreSQL does not take");
    if (render::looks_like_verifier(password.reveal()))
        return argument_error(0, "expected a password in plain text, found a verifier: use it as it is");
    const auto bytes = base64_decode(salt);
    if (!bytes)
        return argument_error(
            1, "expected base64 with its padding, as \"c2FsdHNhbHRzYWx0c2FsdA==\", found \"" + salt + "\"");
    if (iterations < 1 || iterations > kMostIterations) {
        return argument_error(
            2, "expected 1 to " + std::to_string(kMostIterations) + " iterations, found " + std::to_string(iterations));
    }
    return render::scram_verifier(module::pgsql::prepared_password(password).reveal(), *bytes,
                                  static_cast<int>(iterations));
}

}  // namespace pigsty::provider
