// TLS client side over a node::Stream, with OpenSSL's memory BIOs: the bytes travel through a bridge, not a socket.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include <openssl/ssl.h>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/client/http.h"
#include "core/node/bridge.h"

namespace pigsty::client {

class TlsStream {
  public:
    // Performs the handshake; error `denied` where the certificate is not of this CA or names another address.
    static Result<TlsStream> connect(node::Stream& stream, const Tls& tls, const Cancel& cancel);

    Status write(std::string_view bytes, const Cancel& cancel);
    // 0 at the end of the stream.
    Result<std::size_t> read(std::span<char> buffer, const Cancel& cancel);

  private:
    struct Free {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };

    explicit TlsStream(node::Stream& stream) : stream_(&stream) {}
    Status flush(const Cancel& cancel);
    // False at the end of the stream.
    Result<bool> fill(const Cancel& cancel);
    Status handshake(const Cancel& cancel);

    node::Stream* stream_;
    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace pigsty::client
