// Constraint: what a value may be, said once. The plan's validators ask it with the attribute's path, and so does whatever is
// about to write the value: neither can promise what the other refuses.
//
//     .validate(follows(kClusterName))                       // provider: "Must be lower-case letters, …"
//     if (!kClusterName.holds(name)) problems.add("name", expected(kClusterName, name));   // core
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pigsty {

struct TextRule {
    std::string_view expected;  // continues "expected …"
    bool (*holds)(std::string_view text);
};

struct Range {
    std::int64_t least;
    std::int64_t most;
};

inline constexpr Range kPorts{1, 65535};

// "expected lower-case letters, digits and hyphens, found "Pg"".
std::string expected(const TextRule& rule, std::string_view found);

extern const TextRule kIpAddress;
// Of cluster members: their servers listen on IPv4 only. SSH may go elsewhere.
extern const TextRule kIpv4Address;
// A label as hosts, certificates and replication slots have it, of 1 to 52 bytes: with a member's number it has 63 at most.
extern const TextRule kClusterName;
// Part of a file name and of names in HAProxy's configuration.
extern const TextRule kServiceName;
// Part of the name of a file that other programs read: apt's sources, certificates.
extern const TextRule kFileName;
// Of a certificate authority: a folder, and the common name of its certificate.
extern const TextRule kAuthorityName;
// Where data go: no shell, no configuration file and no unit has to quote it, and it leads nowhere else.
extern const TextRule kDataFolder;

}  // namespace pigsty
