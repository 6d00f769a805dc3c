// An address that moves between machines, written with the prefix of its network: "10.10.10.2/24".
//
//     if (const auto shared = parse_shared_address(text)) shared->network;      // "10.10.10.0/24"
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pigsty {

struct SharedAddress {
    std::string address;  // "10.10.10.2"
    int prefix = 32;      // of the network that it is in
    std::string network;  // "10.10.10.0/24"
};
// Nothing where the text is not known yet, or is no IPv4 address with a prefix of 1 to 32.
std::optional<SharedAddress> parse_shared_address(std::string_view text);
// The network of an IPv4 address under that prefix; empty where it is none.
std::string network_of_address(const std::string& address, int prefix);
// Neither the network's own nor its broadcast address, and not loopback.
bool is_host_address(const SharedAddress& shared);
// A name as Linux has it, plain enough for a command line of systemd.
bool is_interface_name(std::string_view name);

}  // namespace pigsty
