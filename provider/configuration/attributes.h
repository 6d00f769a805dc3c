// The provider block: how machines are reached, and who one becomes there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/constraint.h"
#include "core/base/secret.h"
#include "core/node/node.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

// How one proves who one is, on a node or on a bastion.
struct LoginConfig {
    std::optional<std::string> private_key_file;
    std::optional<Secret> private_key;
    std::optional<Secret> passphrase;
    std::optional<std::string> certificate_file;
    std::optional<Secret> password;
    bool agent = false;
};

struct BastionConfig {
    std::string host;
    std::int64_t port = 22;
    std::optional<std::string> user;
    LoginConfig login;
};

struct SshConfig {
    std::optional<std::string> user;
    std::int64_t port = 22;
    LoginConfig login;
    std::optional<std::string> known_hosts_file;
    std::map<std::string, std::string> host_keys;
    std::string host_key_policy = "strict";
    std::vector<BastionConfig> bastions;
    std::optional<std::string> proxy_command;
    std::string connect_timeout = "5m";
    std::string keepalive_interval = "15s";
};

struct BecomeConfig {
    std::optional<bool> enabled;  // null: unless the user is root
    std::optional<Secret> password;
};

struct PigstyConfig {
    SshConfig ssh;
    BecomeConfig become;
    std::int64_t max_parallel_nodes = 32;
    std::string lock_timeout = "5m";
    bool forget_unreachable = false;
};

framework::Attributes<PigstyConfig> configuration_attributes();

// `address` and `ssh` of a node, member or instance: the address that the cluster uses, and the way there where it differs.
// `rule`: what the address may be. For pigsty_node the address is the identity: another one is another machine.
framework::Attributes<node::NodeAddress> node_address_attributes(const TextRule& rule = kIpAddress,
                                                                 bool address_is_identity = false);

}  // namespace pigsty::provider
