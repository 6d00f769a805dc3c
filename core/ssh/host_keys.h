// HostKeys: which host keys we believe. There is no way to switch the check off.
//
//     HostKeys keys({.policy = HostKeyPolicy::strict, .files = {"/home/me/.ssh/known_hosts"},
//                    .pinned = {{"10.10.10.11", "ssh-ed25519 AAAA…"}}});
//     auto session = Session::connect(route, keys, cancel);
//
// A pinned address is compared with its pins only. Otherwise all files count, a @revoked line refuses, and a host with
// no line is refused (strict) or recorded in the first file (accept_new). A host that is known by one type of key is
// never accepted with a key of another type. A port without a line of its own is known by the host's line without a port, as
// ssh has it. Files are read at each connection, so that what other processes accepted
// counts at once. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/ssh/known_hosts.h"
#include "core/ssh/public_key.h"

namespace pigsty::ssh {

enum class HostKeyPolicy { strict, accept_new };

class HostKeys {
  public:
    struct Options {
        HostKeyPolicy policy = HostKeyPolicy::strict;
        // accept_new records in the first; without a file it remembers for the life of this object.
        std::vector<std::string> files{};
        // Address ("10.10.10.11", "[10.10.10.11]:2222") to public key lines, one per line.
        std::map<std::string, std::string> pinned{};
    };

    explicit HostKeys(Options options);

    // Key types that we hold for this host: to be offered first, so that the server shows a key that we can compare.
    [[nodiscard]] Result<std::vector<std::string>> known_types(const std::string& host, std::uint16_t port) const;

    // `denied`, with both fingerprints and what to do, unless the key is believed.
    [[nodiscard]] Status verify(const std::string& host, std::uint16_t port, const PublicKey& found);

  private:
    // Believed and revoked keys of this host, pins or files.
    [[nodiscard]] Result<std::vector<KnownHost>> entries_of(const std::string& host, std::uint16_t port) const;
    // "; FILE line 3 knows it at another port", or nothing. (Hashed names tell no such thing.)
    [[nodiscard]] Result<std::string> known_at_another_port(const std::string& host) const;
    [[nodiscard]] Status record(const std::string& name, const PublicKey& key);

    const Options options_;
    mutable std::mutex mutex_;
    std::vector<KnownHost> remembered_;
};

}  // namespace pigsty::ssh
