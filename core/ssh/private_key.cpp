#include "core/ssh/private_key.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/hash.h"
#include "core/ssh/public_key.h"

namespace pigsty::ssh {
namespace {

constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view kEnd = "-----END OPENSSH PRIVATE KEY-----";

// The clear part of OpenSSH's own format (PROTOCOL.key): magic, cipher, kdf, kdf options, count, public key.
void describe_openssh(std::string_view text, PrivateKey& key) {
    const auto begin = text.find(kBegin);
    const auto end = text.find(kEnd);
    if (begin == std::string_view::npos || end == std::string_view::npos) return;
    std::string encoded;
    for (const char c : text.substr(begin + kBegin.size(), end - begin - kBegin.size()))
        if (c != '\n' && c != '\r' && c != ' ') encoded += c;
    const auto bytes = base64_decode(encoded);
    constexpr std::string_view kMagic("openssh-key-v1\0", 15);
    if (!bytes || !bytes->starts_with(kMagic)) return;
    std::string_view rest = std::string_view(*bytes).substr(kMagic.size());
    const auto cipher = take_string(rest);
    const auto kdf = take_string(rest);
    const auto options = take_string(rest);
    if (!cipher || !kdf || !options || rest.size() < 4) return;
    key.encrypted = *cipher != "none";
    rest.remove_prefix(4);
    if (const auto blob = take_string(rest)) key.fingerprint = PublicKey{{}, std::string(*blob)}.fingerprint();
}

}  // namespace

Status check_file_path(std::string_view path) {
    if (!path.contains("-----BEGIN") && path.find_first_of("\n\r") == std::string_view::npos) return {};
    return fail(Error{.code = ErrorCode::invalid,
                      .message = "expected the path of a file, found what looks like a file's content (not shown)"}
                    .with_hint("write the path; a key's text belongs into private_key"));
}

Result<std::string> read_credential_file(const std::string& path, std::string_view attribute) {
    if (auto good = check_file_path(path); !good) {
        Error error = std::move(good).error();
        error.message = std::string(attribute) + ": " + error.message;
        return fail(std::move(error));
    }
    errno = 0;
    std::error_code unknown;  // a path that cannot be examined cannot be opened either
    const bool folder = std::filesystem::is_directory(path, unknown);
    std::ifstream file(path, std::ios::binary);
    if (!file || folder)
        return fail(Error{.code = ErrorCode::denied,
                          .message = std::string(attribute) + ": cannot read " + path + ": " +
                                     (folder ? "it is a directory" : std::strerror(errno))}
                        .with_hint("name a file that this user can read; \"~\" is not expanded"));
    std::ostringstream text;
    text << file.rdbuf();  // sets a flag where an iterator over the buffer would throw
    if (file.bad()) return fail(ErrorCode::denied, std::string(attribute) + ": reading " + path + " failed");
    return std::move(text).str();
}

Result<PrivateKey> read_private_key(const Credentials& credentials) {
    PrivateKey key;
    if (credentials.private_key.empty()) {
        key.origin = credentials.private_key_file;
        TRY(auto text, read_credential_file(credentials.private_key_file, "private_key_file"));
        key.text = Secret(std::move(text));
    } else {
        key.origin = "private_key";
        key.text = credentials.private_key;
    }
    const std::string_view text = key.text.reveal();
    if (text.find("-----BEGIN ") == std::string_view::npos || text.find("PRIVATE KEY-----") == std::string_view::npos)
        return fail(Error{.code = ErrorCode::invalid,
                          .message = key.origin + " holds no private key: expected \"-----BEGIN … PRIVATE KEY-----\""}
                        .with_hint("name the file without .pub"));
    key.encrypted = text.find("ENCRYPTED") != std::string_view::npos;
    describe_openssh(text, key);
    return key;
}

}  // namespace pigsty::ssh
