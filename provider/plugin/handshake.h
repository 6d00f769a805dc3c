// The go-plugin handshake: what the host says in the environment, and the one line that answers it.
//
//     const HandshakeRequest request = read_handshake_request(getenv_reader());
//     if (!request.cookie_matches) return explain_yourself();
//     print(handshake_line({.network = "unix", .address = path, .certificate = certificate.base64_der}));
//
// Contract: only the handshake line may reach standard output before or with it, and only after the server
// listens: the host connects at once and gives up on anything else.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace pigsty::plugin {

inline constexpr int kProtocolVersion = 6;
inline constexpr const char* kCookieName = "TF_PLUGIN_MAGIC_COOKIE";
inline constexpr const char* kCookieValue = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

struct HandshakeRequest {
    bool cookie_matches = false;
    // What the host offers holds version 6. If not we answer 6 all the same: the host then names both sides.
    bool version_offered = false;
    std::string client_certificate;  // PEM; empty: the user switched TLS off
    std::string socket_directory;    // empty: choose one
    std::string socket_group;        // name or number of the group that may connect; empty: only the owner
    bool multiplex_asked = false;    // newer hosts want a seventh field then, older ones choke on it
};

// `read`: value of an environment variable, nothing when it is not set.
using EnvironmentReader = std::function<std::optional<std::string>(const char* name)>;
EnvironmentReader process_environment();

HandshakeRequest read_handshake_request(const EnvironmentReader& read);

struct HandshakeAnswer {
    std::string network;      // "unix" or "tcp"
    std::string address;      // path, or host:port
    std::string certificate;  // unpadded base64 of the DER; empty without TLS
    bool multiplex_asked = false;
};

// With the newline that ends it.
std::string handshake_line(const HandshakeAnswer& answer);

}  // namespace pigsty::plugin
