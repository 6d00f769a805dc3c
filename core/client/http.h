// One HTTP/1.1 exchange over a byte stream that somebody else opened (a bridge into a node), with or without TLS.
//
//     TRY(const auto stream, node->open_stream("root", "tcp:10.10.10.11:8008", cancel));
//     TRY(const HttpResponse reply, http_exchange(*stream, tls, {.path = "/cluster"}, cancel));
//
// The stream serves one exchange ("Connection: close") and is closed at its end. Thread rule: one exchange a stream.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/node/bridge.h"

namespace pigsty::client {

struct HttpLogin {
    std::string user;
    Secret password;
};

struct HttpRequest {
    std::string method = "GET";
    std::string path = "/";
    std::string body{};                // sent as application/json where not empty
    std::optional<HttpLogin> login{};  // RFC 7617 basic authentication
};

struct HttpResponse {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

// The server must show a certificate of this CA that names this address (IP or DNS, RFC 6125).
struct Tls {
    std::string ca_pem;
    std::string server_address;
};

// Replies larger than this are refused: no server that we ask sends more.
inline constexpr std::size_t kMaxHttpReply = 16UL << 20;

Result<HttpResponse> http_exchange(node::Stream& stream, const std::optional<Tls>& tls, const HttpRequest& request,
                                   const Cancel& cancel);

}  // namespace pigsty::client
