#include "core/ssh/known_hosts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/base/hash.h"
#include "core/base/text.h"

namespace pigsty::ssh {
namespace {

// "|1|base64 salt|base64 HMAC-SHA1(salt, name)"
bool matches_hashed(std::string_view name, std::string_view field) {
    field.remove_prefix(3);
    const auto bar = field.find('|');
    if (bar == std::string_view::npos) return false;
    const auto salt = base64_decode(field.substr(0, bar));
    const auto expected = base64_decode(field.substr(bar + 1));
    if (!salt || !expected) return false;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    HMAC(EVP_sha1(), salt->data(), static_cast<int>(salt->size()), reinterpret_cast<const unsigned char*>(name.data()),
         name.size(), digest.data(), &length);
    return *expected == std::string_view(reinterpret_cast<const char*>(digest.data()), length);
}

}  // namespace

bool KnownHost::matches(std::string_view name) const {
    if (names.starts_with("|1|")) return matches_hashed(name, names);
    bool found = false;
    std::string_view rest = names;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        std::string_view pattern = rest.substr(0, comma);
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
        const bool negated = pattern.starts_with('!');
        if (negated) pattern.remove_prefix(1);
        // OpenSSH's match_pattern.
        if (!pigsty::matches(lower(pattern), name, Wildcards::star_and_question_mark)) continue;
        if (negated) return false;
        found = true;
    }
    return found;
}

std::string known_hosts_name(std::string_view host, std::uint16_t port) {
    const std::string name = lower(host);
    return port == 22 ? name : "[" + name + "]:" + std::to_string(port);
}

Result<std::vector<KnownHost>> read_known_hosts(const std::string& path) {
    std::vector<KnownHost> entries;
    errno = 0;
    std::ifstream file(path);
    if (!file) {
        if (errno == ENOENT) return entries;
        return fail(Error{.code = ErrorCode::invalid,
                          .message = "cannot read the known hosts file " + path + ": " + std::strerror(errno)}
                        .with_hint("known_hosts_file must be a file that this user can read"));
    }
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        std::istringstream words(line);
        std::string names;
        std::string type;
        std::string encoded;
        if (!(words >> names) || names.starts_with('#')) continue;
        const bool revoked = names == "@revoked";
        const bool authority = names == "@cert-authority";
        if (names.starts_with('@')) {
            if (!revoked && !authority) continue;
            words >> names;
        }
        words >> type >> encoded;
        auto key = parse_public_key(type + " " + encoded);
        if (!key) continue;
        entries.push_back({.names = names,
                           .key = *std::move(key),
                           .revoked = revoked,
                           .authority = authority,
                           .origin = path + " line " + std::to_string(number)});
    }
    return entries;
}

}  // namespace pigsty::ssh
