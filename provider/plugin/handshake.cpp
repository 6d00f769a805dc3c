#include "provider/plugin/handshake.h"

#include <cstdlib>
#include <sstream>

namespace pigsty::plugin {

EnvironmentReader process_environment() {
    return [](const char* name) -> std::optional<std::string> {
        const char* value = std::getenv(name);
        if (value == nullptr) return std::nullopt;
        return std::string(value);
    };
}

HandshakeRequest read_handshake_request(const EnvironmentReader& read) {
    HandshakeRequest request;
    request.cookie_matches = read(kCookieName) == kCookieValue;
    std::istringstream versions(read("PLUGIN_PROTOCOL_VERSIONS").value_or(""));
    for (std::string version; std::getline(versions, version, ',');) {
        if (version == std::to_string(kProtocolVersion)) request.version_offered = true;
    }
    request.client_certificate = read("PLUGIN_CLIENT_CERT").value_or("");
    request.socket_directory = read("PLUGIN_UNIX_SOCKET_DIR").value_or("");
    request.socket_group = read("PLUGIN_UNIX_SOCKET_GROUP").value_or("");
    request.multiplex_asked = !read("PLUGIN_MULTIPLEX_GRPC").value_or("").empty();
    return request;
}

std::string handshake_line(const HandshakeAnswer& answer) {
    std::string line = "1|" + std::to_string(kProtocolVersion) + '|' + answer.network + '|' + answer.address +
                       "|grpc|" + answer.certificate;
    // We do not multiplex; the field exists to say so to hosts that ask.
    if (answer.multiplex_asked) line += "|false";
    line += '\n';
    return line;
}

}  // namespace pigsty::plugin
