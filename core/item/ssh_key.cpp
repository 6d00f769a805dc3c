#include "core/item/ssh_key.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/item/line_format.h"

namespace pigsty::item {
namespace {

constexpr std::array<std::string_view, 7> kKeyTypes{"ssh-ed25519",
                                                    "ssh-rsa",
                                                    "ecdsa-sha2-nistp256",
                                                    "ecdsa-sha2-nistp384",
                                                    "ecdsa-sha2-nistp521",
                                                    "sk-ssh-ed25519@openssh.com",
                                                    "sk-ecdsa-sha2-nistp256@openssh.com"};

// The first two words.
std::pair<std::string_view, std::string_view> type_and_body(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return {line, {}};
    const std::string_view rest = line.substr(blank + 1);
    return {line.substr(0, blank), rest.substr(0, rest.find(' '))};
}

// Of the wire format: a length of four bytes, and the type once more.
bool begins_with_type(std::string_view blob, std::string_view type) {
    if (blob.size() <= 4 + type.size()) return false;
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(blob[i]);
    return length == type.size() && blob.substr(4, length) == type;
}

}  // namespace

Status check_ssh_key(std::string_view text) {
    const std::string_view line = trimmed(text);
    TRY_VOID(check_line("an SSH key", line));
    const auto [type, body] = type_and_body(line);
    if (std::ranges::find(kKeyTypes, type) == kKeyTypes.end())
        return fail(
            Error{ErrorCode::invalid,
                  fmt::format("expected a public key as `ssh-ed25519 AAAA… comment`, found one that begins with "
                              "\"{}\"",
                              type.substr(0, 40))}
                .with_hint("write the whole line of the file that ends with .pub, without options in front of it"));
    const auto blob = base64_decode(body);
    if (blob && begins_with_type(*blob, type)) return {};
    return fail(Error{ErrorCode::invalid,
                      fmt::format("expected behind {} the key itself in base64, found what is none of that type", type)}
                    .with_hint("was it cut or wrapped? Write the whole line of the file that ends with .pub"));
}

std::string ssh_key_of(std::string_view text) {
    const auto [type, body] = type_and_body(trimmed(text));
    return std::string(type) + " " + std::string(body);
}

}  // namespace pigsty::item
