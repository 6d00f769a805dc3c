#include "core/ssh/public_key.h"

#include <cstdint>
#include <sstream>

#include <openssl/evp.h>

#include "core/base/hash.h"

namespace pigsty::ssh {

std::string PublicKey::fingerprint() const {
    std::string text = base64(sha256_raw(blob));
    while (text.ends_with('=')) text.pop_back();
    return "SHA256:" + text;
}

std::string PublicKey::line() const { return type + " " + base64(blob); }

std::optional<std::string_view> take_string(std::string_view& bytes) {
    if (bytes.size() < 4) return std::nullopt;
    std::uint32_t length = 0;
    for (int i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes[i]);
    if (bytes.size() - 4 < length) return std::nullopt;
    const auto text = bytes.substr(4, length);
    bytes.remove_prefix(4 + std::size_t{length});
    return text;
}

void put_string(std::string& bytes, std::string_view text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(length >> shift & 0xff);
    bytes += text;
}

std::optional<PublicKey> public_key_from_blob(std::string_view blob) {
    std::string_view rest = blob;
    const auto type = take_string(rest);
    if (!type || type->empty()) return std::nullopt;
    return PublicKey{std::string(*type), std::string(blob)};
}

Result<PublicKey> parse_public_key(std::string_view line) {
    std::istringstream words{std::string(line)};
    std::string type;
    std::string encoded;
    words >> type >> encoded;
    const auto blob = base64_decode(encoded);
    const auto key = blob ? public_key_from_blob(*blob) : std::nullopt;
    if (line.contains("PRIVATE KEY"))
        return fail(
            Error{.code = ErrorCode::invalid,
                  .message = "expected an SSH public key like \"ssh-ed25519 AAAAC3Nza…\", found a private key (not "
                             "shown)"}
                .with_hint("copy the line of the machine's /etc/ssh/ssh_host_ed25519_key.pub; the private key stays "
                           "on the machine"));
    if (!key || key->type != type) {
        return fail(Error{.code = ErrorCode::invalid,
                          .message = "expected an SSH public key like \"ssh-ed25519 AAAAC3Nza…\", found \"" +
                                     std::string(line.substr(0, 60)) + "\""}
                        .with_hint("copy the line of the machine's /etc/ssh/ssh_host_ed25519_key.pub"));
    }
    return *key;
}

Status check_public_keys(std::string_view lines) {
    if (lines.contains("PRIVATE KEY")) return fail(parse_public_key(lines).error());
    std::istringstream stream{std::string(lines)};
    bool any = false;
    for (std::string line; std::getline(stream, line);) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        any = true;
        if (auto key = parse_public_key(line); !key) return fail(std::move(key).error());
    }
    if (!any) return fail(parse_public_key("").error());
    return {};
}

}  // namespace pigsty::ssh
