// PublicKey: an SSH public key as it travels, with its type and fingerprint.
//
//     TRY(const PublicKey key, parse_public_key("ssh-ed25519 AAAAC3Nza… root@pg-test-1"));
//     key.fingerprint();        // "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDT9kS2nGNtjM7wkbM", as ssh-keygen -l prints it
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace pigsty::ssh {

struct PublicKey {
    std::string type;  // "ssh-ed25519"
    std::string blob;  // RFC 4253, 6.6

    [[nodiscard]] std::string fingerprint() const;
    [[nodiscard]] std::string line() const;  // "TYPE BASE64"

    friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

// "TYPE BASE64 [comment]", one line of an authorized_keys or .pub file.
Result<PublicKey> parse_public_key(std::string_view line);
// What host_keys takes for a host: such lines, at least one. The error shows no private key.
Status check_public_keys(std::string_view lines);
// The type comes from the blob; nothing when its first field is cut short.
std::optional<PublicKey> public_key_from_blob(std::string_view blob);

// Takes one RFC 4251 string (length, bytes) off the front of `bytes`; nothing when it is cut short.
std::optional<std::string_view> take_string(std::string_view& bytes);
// Appends one.
void put_string(std::string& bytes, std::string_view text);
// RFC 4648 with padding; nothing when the text is not that.

}  // namespace pigsty::ssh
