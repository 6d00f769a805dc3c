#include "core/client/tls_stream.h"

#include <array>
#include <string>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pigsty::client {
namespace {

std::string last_openssl_error() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    return text.data();
}

bool is_ip_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> parsed{};
    return inet_pton(AF_INET, text.c_str(), parsed.data()) == 1 ||
           inet_pton(AF_INET6, text.c_str(), parsed.data()) == 1;
}

Status trust(SSL_CTX* context, const std::string& ca_pem) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size())),
                                                        &BIO_free);
    bool any = false;
    while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
        X509_free(certificate);
        any = true;
    }
    ERR_clear_error();  // the end of the PEM text is reported as an error
    if (!any) return fail(ErrorCode::invalid, "the CA certificate is not PEM text");
    return {};
}

}  // namespace

Result<TlsStream> TlsStream::connect(node::Stream& stream, const Tls& tls, const Cancel& cancel) {
    TlsStream result(stream);
    result.context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(result.context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(result.context_.get(), SSL_VERIFY_PEER, nullptr);
    TRY_VOID(trust(result.context_.get(), tls.ca_pem));

    result.ssl_.reset(SSL_new(result.context_.get()));
    SSL* ssl = result.ssl_.get();
    // Who it is counts, not until when: this machine's clock is not the node's, and a certificate that has ended must not
    // stand in the way of its renewal.
    X509_VERIFY_PARAM_set_flags(SSL_get0_param(ssl), X509_V_FLAG_NO_CHECK_TIME);
    if (is_ip_address(tls.server_address)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), tls.server_address.c_str());
    } else {
        SSL_set1_host(ssl, tls.server_address.c_str());
        SSL_set_tlsext_host_name(ssl, tls.server_address.c_str());
    }
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));  // the SSL owns both
    SSL_set_connect_state(ssl);
    TRY_VOID(result.handshake(cancel));
    return result;
}

Status TlsStream::handshake(const Cancel& cancel) {
    while (true) {
        ERR_clear_error();
        const int outcome = SSL_do_handshake(ssl_.get());
        const int why = outcome == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), outcome);
        TRY_VOID(flush(cancel));
        if (why == SSL_ERROR_NONE) return {};
        if (why != SSL_ERROR_WANT_READ) {
            const long verified = SSL_get_verify_result(ssl_.get());
            return fail(ErrorCode::denied,
                        "TLS handshake failed: " +
                            (verified == X509_V_OK ? last_openssl_error() : X509_verify_cert_error_string(verified)));
        }
        TRY(const bool more, fill(cancel));
        if (!more) return fail(ErrorCode::unreachable, "the server closed the connection during the TLS handshake");
    }
}

Status TlsStream::flush(const Cancel& cancel) {
    std::array<char, 16384> buffer{};
    BIO* out = SSL_get_wbio(ssl_.get());
    while (BIO_ctrl_pending(out) > 0) {
        const int count = BIO_read(out, buffer.data(), static_cast<int>(buffer.size()));
        TRY_VOID(stream_->write({buffer.data(), static_cast<std::size_t>(count)}, cancel));
    }
    return {};
}

Result<bool> TlsStream::fill(const Cancel& cancel) {
    std::array<char, 16384> buffer{};
    TRY(const std::size_t count, stream_->read(buffer, cancel));
    if (count == 0) return false;
    BIO_write(SSL_get_rbio(ssl_.get()), buffer.data(), static_cast<int>(count));
    return true;
}

Status TlsStream::write(std::string_view bytes, const Cancel& cancel) {
    while (!bytes.empty()) {
        ERR_clear_error();
        std::size_t written = 0;
        const int outcome = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
        TRY_VOID(flush(cancel));
        if (outcome == 1) {
            bytes.remove_prefix(written);
        } else if (SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_WANT_READ) {
            TRY(const bool more, fill(cancel));
            if (!more) return fail(ErrorCode::unreachable, "the server closed the connection");
        } else {
            return fail(ErrorCode::failed, "TLS write failed: " + last_openssl_error());
        }
    }
    return {};
}

Result<std::size_t> TlsStream::read(std::span<char> buffer, const Cancel& cancel) {
    while (true) {
        ERR_clear_error();
        std::size_t count = 0;
        const int outcome = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count);
        if (outcome == 1) return count;
        const int why = SSL_get_error(ssl_.get(), outcome);
        TRY_VOID(flush(cancel));  // an answer to a post-handshake message
        if (why == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
        if (why != SSL_ERROR_WANT_READ) return fail(ErrorCode::failed, "TLS read failed: " + last_openssl_error());
        TRY(const bool more, fill(cancel));
        // Python's http.server ends without close_notify; Content-Length tells whether the reply is whole.
        if (!more) return std::size_t{0};
    }
}

}  // namespace pigsty::client
