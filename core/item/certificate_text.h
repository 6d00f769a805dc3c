// CertificateText: what a certificate says, read from its PEM with OpenSSL. Pure.
//
//     TRY(const CertificateText text, read_certificate(pem));
//     if (text.not_after < now + days(30)) …
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace pigsty::item {

struct CertificateText {
    std::string organization, organizational_unit, common_name;  // empty where the subject has none
    std::set<std::string> names;                                 // "DNS:pg-test", "IP:10.10.10.11"
    std::set<std::string> usages;                                // extended: "serverAuth", "clientAuth"
    std::chrono::sys_seconds not_before, not_after;
    std::string fingerprint;  // SHA-256 of the DER, 64 hex digits
    bool is_authority = false;
    // What OpenSSL takes as an authority: also roots of version 1, and those whose key usage alone says so.
    bool may_sign = false;
};

// The first certificate of the text.
Result<CertificateText> read_certificate(std::string_view pem);

// Was `pem` signed with the key of the certificate `authority_pem`?
Result<bool> is_signed_by(std::string_view pem, std::string_view authority_pem);

}  // namespace pigsty::item
