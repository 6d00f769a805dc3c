// Route: how to reach one node, and who to be there. Plain values; nothing is contacted.
//
//     Route route{.endpoint = {"10.10.10.11", 22, "admin"}, .credentials = {.private_key_file = "/home/me/.ssh/id_ed25519"}};
//     route.bastions.push_back({{"jump.example.com", 22, "me"}, route.credentials});   // first hop first
//
// `~/.ssh/config` is not read: everything that a connection needs stands here.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/secret.h"

namespace pigsty::ssh {

struct Endpoint {
    std::string host{};  // name or address; names resolve with the system's resolver
    std::uint16_t port = 22;
    std::string user{};
};

// Tried in this order: key, agent, password. With a certificate the key is offered as that certificate.
struct Credentials {
    std::string private_key_file{};
    Secret private_key{};  // PEM or OpenSSH text, instead of a file
    Secret passphrase{};
    std::string certificate_file{};  // "id_ed25519-cert.pub"
    Secret password{};
    bool agent = false;
    std::string agent_socket{};  // empty: $SSH_AUTH_SOCK
};

struct Hop {
    Endpoint endpoint;
    Credentials credentials;
};

struct Route {
    Endpoint endpoint;
    Credentials credentials;
    std::vector<Hop> bastions{};  // first hop first; each has its own user and key
    std::string proxy_command{};  // run by /bin/sh; %h host, %p port, %r user, %% percent. Not together with bastions
    std::chrono::seconds keepalive_interval{15};  // three without an answer end the session; 0: none
    std::chrono::seconds connect_timeout{300};    // how long a pool goes on asking a host that does not answer
};

// "admin@10.10.10.11:22"
std::string to_string(const Endpoint& endpoint);
// The same text for two routes that may share one session.
std::string session_key(const Route& route);
// The route to the last bastion: its endpoint and credentials, reached through those before it.
Route route_to_last_bastion(const Route& route);

}  // namespace pigsty::ssh
