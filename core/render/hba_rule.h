// HbaRule: one rule of pg_hba.conf or of pgbouncer's HBA file, in the words of Pigsty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pigsty::render {

struct HbaRule {
    std::string title{};
    // A name, +role, all, ${dbsu}, ${repl}, ${monitor}, ${admin}, or a comma list; in double quotes a name in any case.
    std::string user = "all";
    std::string db = "all";    // a name, all, sameuser, replication (PostgreSQL only), or a comma list; quoted as above
    std::string addr{};        // local, localhost, cluster, intra, admin, infra, world, an address or a CIDR
    std::string auth = "pwd";  // deny, trust, pwd, sha, md5, ssl, ssl-sha, ssl-md5, cert, ident, peer
    std::string role = "common";          // common | offline
    std::optional<std::int64_t> order{};  // rules with an order come first, lowest first
    std::vector<std::string> rules{};     // lines as they are, instead of user, db, addr and auth
    bool operator==(const HbaRule&) const = default;
};

// What the aliases of `addr` mean. `intra` unset: RFC 1918 and 100.64.0.0/10.
struct Networks {
    std::optional<std::vector<std::string>> intra{};
    std::vector<std::string> admin{};
    std::vector<std::string> infra{};
    bool operator==(const Networks&) const = default;
};

}  // namespace pigsty::render
