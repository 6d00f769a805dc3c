#include "provider/configuration/attributes.h"

#include "core/ssh/private_key.h"
#include "core/ssh/public_key.h"
#include "provider/framework/validators.h"

namespace pigsty::provider {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::within;

namespace {

constexpr const char* kKeyRule = "Written as a file's content; `file(…)` or a secret store gives it.";

Attributes<LoginConfig> login_attributes(const char* private_key_file, const char* password) {
    return {
        attribute("private_key_file", &LoginConfig::private_key_file)
            .optional()
            .validate(framework::follows("the path of a file", ssh::check_file_path))
            .example("\"~/.ssh/id_ed25519\"")
            .description(private_key_file),
        attribute("private_key", &LoginConfig::private_key).optional().sensitive().description(kKeyRule),
        attribute("passphrase", &LoginConfig::passphrase)
            .optional()
            .sensitive()
            .description("Of an encrypted private key."),
        attribute("certificate_file", &LoginConfig::certificate_file)
            .optional()
            .validate(framework::follows("the path of a file", ssh::check_file_path))
            .description("OpenSSH user certificate that belongs to the key."),
        attribute("password", &LoginConfig::password).optional().sensitive().description(password),
        attribute("agent", &LoginConfig::agent).fixed_default(false).description("Ask the SSH agent for keys."),
    };
}

Attributes<BastionConfig> bastion_attributes() {
    return {
        attribute("host", &BastionConfig::host).required().description("Name or address of the bastion."),
        attribute("port", &BastionConfig::port)
            .fixed_default(22)
            .validate(framework::port())
            .description("Its SSH port."),
        attribute("user", &BastionConfig::user).optional().description("Login there. Not set: the login of the nodes."),
        within(&BastionConfig::login, login_attributes("Key for the bastion. Nothing set: the key of the nodes.",
                                                       "Password, where the bastion takes one.")),
    };
}

Attributes<SshConfig> ssh_attributes() {
    return {
        attribute("user", &SshConfig::user)
            .optional()
            .example("\"admin\"")
            .description("Login on the nodes. Not set: `PIGSTY_SSH_USER`, else `root`."),
        attribute("port", &SshConfig::port)
            .fixed_default(22)
            .validate(framework::port())
            .description("SSH port of the nodes."),
        within(&SshConfig::login, login_attributes("Private key: ed25519, ECDSA or RSA. Nothing set: "
                                                   "`PIGSTY_SSH_PRIVATE_KEY_FILE`, else the SSH agent "
                                                   "where `SSH_AUTH_SOCK` names one.",
                                                   "Password, where the nodes take one.")),
        attribute("known_hosts_file", &SshConfig::known_hosts_file)
            .optional()
            .validate(framework::follows("the path of a file", ssh::check_file_path))
            .description(
                "Host keys that are believed. Not set: `PIGSTY_SSH_KNOWN_HOSTS_FILE`, else `~/.ssh/known_hosts`."),
        attribute("host_keys", &SshConfig::host_keys)
            .optional()
            .validate(framework::each(framework::follows("lines of public keys", ssh::check_public_keys)))
            .example("{ \"10.10.10.11\" = \"ssh-ed25519 AAAA…\" }")
            .description("Pinned host keys by address; a cloud provider's output fits here. A pinned address believes "
                         "its pins only."),
        attribute("host_key_policy", &SshConfig::host_key_policy)
            .fixed_default("strict")
            .validate(framework::one_of({"strict", "accept_new"}))
            .description("`strict` refuses a host that is not known. `accept_new` records its key in the known hosts "
                         "file at the "
                         "first connection; a key that changed later is refused all the same."),
        nested("bastions", &SshConfig::bastions, bastion_attributes())
            .optional()
            .description("Hosts on the way to the nodes, first hop first."),
        attribute("proxy_command", &SshConfig::proxy_command)
            .optional()
            .example("\"cloud ssh-proxy %h %p\"")
            .description(
                "Command whose input and output reach the node; `%h`, `%p` and `%r` stand for host, port and user."),
        attribute("connect_timeout", &SshConfig::connect_timeout)
            .fixed_default("5m")
            .validate(framework::duration())
            .description("How long an apply goes on asking a machine that does not answer: a new one needs a minute."),
        attribute("keepalive_interval", &SshConfig::keepalive_interval)
            .fixed_default("15s")
            .validate(framework::duration())
            .description("How often a quiet connection is checked; three checks without an answer end it."),
    };
}

Attributes<BecomeConfig> become_attributes() {
    return {
        attribute("enabled", &BecomeConfig::enabled)
            .optional()
            .description("Use sudo. Not set: unless the login is root."),
        attribute("password", &BecomeConfig::password)
            .optional()
            .sensitive()
            .description("What sudo asks for, where it asks. May be ephemeral."),
    };
}

Attributes<node::SshRoute> route_attributes() {
    return {
        attribute("host", &node::SshRoute::host)
            .optional()
            .description("Name or address to connect to. Not set: `address`."),
        attribute("port", &node::SshRoute::port)
            .optional()
            .validate(framework::port())
            .description("Port. Not set: the provider's."),
        attribute("user", &node::SshRoute::user).optional().description("Login. Not set: the provider's."),
    };
}

}  // namespace

Attributes<PigstyConfig> configuration_attributes() {
    return {
        nested("ssh", &PigstyConfig::ssh, ssh_attributes()).optional().description("How the machines are reached."),
        nested("become", &PigstyConfig::become, become_attributes())
            .optional()
            .description("Who one becomes on the machines: root, by sudo."),
        attribute("max_parallel_nodes", &PigstyConfig::max_parallel_nodes)
            .optional()
            .validate(framework::between(1, 256))
            .description("How many nodes are worked on at the same time. Not set: 32."),
        attribute("lock_timeout", &PigstyConfig::lock_timeout)
            .optional()
            .validate(framework::duration())
            .description("How long an apply waits for another one that is changing the same nodes. Not set: `5m`."),
        attribute("forget_unreachable", &PigstyConfig::forget_unreachable)
            .optional()
            .description(
                "A destroy passes over machines that do not answer, because they are gone for good; a warning "
                "names them, and what is on them stays there. Meant for the one run that removes them. Not set: "
                "`false`, and a machine that does not answer is an error."),
    };
}

Attributes<node::NodeAddress> node_address_attributes(const TextRule& rule, bool address_is_identity) {
    auto plain = attribute("address", &node::NodeAddress::address)
                     .required()
                     .validate(framework::follows(rule))
                     .example("\"10.10.10.11\"");
    auto address = address_is_identity ? std::move(plain).forces_replacement() : std::move(plain);
    return {
        std::move(address).description("IP address of the machine, as the other machines of the cluster reach it."),
        nested("ssh", &node::NodeAddress::ssh, route_attributes())
            .optional()
            .example("{ host = \"203.0.113.11\" }")
            .description("The way there by SSH, where it differs from the address."),
    };
}

}  // namespace pigsty::provider
