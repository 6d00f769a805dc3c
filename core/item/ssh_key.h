// A public key as a line of authorized_keys: type, base64, and whatever words behind. Blanks and line ends around it, as the file
// that ends with .pub has one, are no part of it.
//
//     check_ssh_key("ssh-ed25519 AAAAC3… alice@laptop")
//     ssh_key_of("ssh-ed25519 AAAAC3… alice")          // "ssh-ed25519 AAAAC3…": the key itself, to tell two lines apart
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace pigsty::item {

// Refuses what sshd would skip in silence, private keys, options in front of a key, and control characters.
Status check_ssh_key(std::string_view text);
std::string ssh_key_of(std::string_view text);

}  // namespace pigsty::item
