// Reading known_hosts files as OpenSSH writes them: patterns, hashed names, [host]:port, @revoked.
//
//     TRY(const auto entries, read_known_hosts("/home/me/.ssh/known_hosts"));
//     for (const auto& entry : entries)
//         if (entry.matches(known_hosts_name("10.10.10.11", 22))) …
//
// @cert-authority lines are kept to be named in errors: host certificates are not supported.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/ssh/public_key.h"

namespace pigsty::ssh {

struct KnownHost {
    std::string names;  // the first field as it stands: "pg-test-1,10.10.10.11", "|1|salt|hash", "*.example.com,!x"
    PublicKey key;
    bool revoked = false;
    bool authority = false;  // signs host keys, and is none
    std::string origin{};    // "/home/me/.ssh/known_hosts line 12"

    // `name` as known_hosts_name() gives it.
    [[nodiscard]] bool matches(std::string_view name) const;
};

// "host", or "[host]:port" where the port is not 22; lower case.
std::string known_hosts_name(std::string_view host, std::uint16_t port);
// Lines that cannot be read are skipped, as ssh does. A file that does not exist is empty; one that cannot be opened is
// an error.
Result<std::vector<KnownHost>> read_known_hosts(const std::string& path);

}  // namespace pigsty::ssh
