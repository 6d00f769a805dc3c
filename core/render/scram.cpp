#include "core/render/scram.h"

#include <algorithm>
#include <charconv>

#include "core/base/hash.h"

namespace pigsty::render {
namespace {

constexpr std::string_view kPrefix = "SCRAM-SHA-256$";

}  // namespace

std::string scram_verifier(std::string_view password, std::string_view salt, int iterations) {
    const std::string salted = pbkdf2_sha256_raw(password, salt, iterations);
    const std::string stored_key = sha256_raw(hmac_sha256_raw(salted, "Client Key"));
    const std::string server_key = hmac_sha256_raw(salted, "Server Key");
    return std::string(kPrefix) + std::to_string(iterations) + ":" + base64(salt) + "$" + base64(stored_key) + ":" +
           base64(server_key);
}

std::optional<ScramVerifier> parse_scram_verifier(std::string_view text) {
    if (!text.starts_with(kPrefix)) return std::nullopt;
    const std::string_view body = text.substr(kPrefix.size());
    const std::size_t colon = body.find(':');
    const std::size_t dollar = body.find('$');
    const std::size_t last = body.rfind(':');
    if (colon == std::string_view::npos || dollar == std::string_view::npos || colon > dollar || last < dollar)
        return std::nullopt;
    ScramVerifier verifier;
    const std::string_view count = body.substr(0, colon);
    const auto [end, problem] = std::from_chars(count.begin(), count.end(), verifier.iterations);
    if (problem != std::errc{} || end != count.end() || verifier.iterations < 1) return std::nullopt;
    const auto salt = base64_decode(body.substr(colon + 1, dollar - colon - 1));
    const auto stored_key = base64_decode(body.substr(dollar + 1, last - dollar - 1));
    const auto server_key = base64_decode(body.substr(last + 1));
    if (!salt || !stored_key || !server_key || stored_key->size() != 32 || server_key->size() != 32)
        return std::nullopt;
    verifier.salt = *salt;
    verifier.stored_key = *stored_key;
    verifier.server_key = *server_key;
    return verifier;
}

bool scram_matches(const ScramVerifier& verifier, std::string_view password) {
    const std::string expected = std::string(kPrefix) + std::to_string(verifier.iterations) + ":" +
                                 base64(verifier.salt) + "$" + base64(verifier.stored_key) + ":" +
                                 base64(verifier.server_key);
    return scram_verifier(password, verifier.salt, verifier.iterations) == expected;
}

bool looks_like_verifier(std::string_view text) {
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (text.size() == 35 && text.starts_with("md5")) return std::all_of(text.begin() + 3, text.end(), is_hex);
    return text.starts_with(kPrefix);
}

}  // namespace pigsty::render
