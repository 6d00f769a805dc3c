// PrivateKey: the text of a private key and what can be told about it without decrypting it.
//
//     TRY(const PrivateKey key, read_private_key(credentials));
//     key.encrypted && credentials.passphrase.empty()      // say so before the server is asked
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/ssh/route.h"

namespace pigsty::ssh {

struct PrivateKey {
    Secret text;
    std::string origin;       // "/home/me/.ssh/id_ed25519", "private_key"
    std::string fingerprint;  // empty for PEM keys: their public half stands inside the encrypted part
    bool encrypted = false;
};

// A path, and not the content of a file: somebody who pasted a key would find it in messages.
Status check_file_path(std::string_view path);

// `denied` when the file cannot be read, `invalid` when it holds no private key.
Result<PrivateKey> read_private_key(const Credentials& credentials);
// The whole text of a file; `denied` with the reason when it cannot be read.
Result<std::string> read_credential_file(const std::string& path, std::string_view attribute);

}  // namespace pigsty::ssh
