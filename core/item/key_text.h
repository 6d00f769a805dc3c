// Key texts: what a user gives as certificates of authorities (PEM) or as the key that signs a repository (OpenPGP, armoured).
// Pure. No message shows the text: somebody may have pasted a private key.
//
//     TRY_VOID(check_authorities(pem, now));        // "expected certificates of authorities (CA), found a private key among them"
//     for (const std::string& one : certificates_in(pem)) …
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace pigsty::item {

// The certificates of a text, each a PEM block of its own; what stands between them is left out.
std::vector<std::string> certificates_in(std::string_view pem);

// Only certificates, at least one, each of an authority and none that has ended.
Status check_authorities(std::string_view pem, std::chrono::sys_seconds now);

// One armoured public key block that has not ended: apt reads the first block of a file, and no other.
Status check_signing_key(std::string_view armoured, std::chrono::sys_seconds now);

}  // namespace pigsty::item
