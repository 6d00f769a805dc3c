// A key and a self-signed certificate for one run of the server, as go-plugin's automatic mutual TLS wants it.
//
//     auto certificate = make_certificate();
//     if (!certificate) return certificate.error();
//     options.pem_key_cert_pairs = {{certificate->key_pem, certificate->certificate_pem}};
//
// The key never touches a disk. P-256 is what gRPC built with any TLS library accepts, and the cheapest to make.
#pragma once

#include <string>

#include "core/base/result.h"

namespace pigsty::plugin {

struct Certificate {
    std::string key_pem;
    std::string certificate_pem;
    // For the handshake line. Unpadded: Go refuses the padding, which two lengths out of three would have.
    std::string base64_der;
};

enum class Curve {
    kP256,
    kP521,  // what Terraform makes for itself; for hosts
};

Result<Certificate> make_certificate(Curve curve = Curve::kP256);

}  // namespace pigsty::plugin
