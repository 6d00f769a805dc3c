#include "core/item/certificate_text.h"

#include <memory>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/base/hash.h"

namespace pigsty::item {
namespace {

template <auto release>
struct Releaser {
    void operator()(auto* pointer) const { release(pointer); }
};
using X509Ptr = std::unique_ptr<X509, Releaser<X509_free>>;

Result<X509Ptr> parse(std::string_view pem) {
    const std::unique_ptr<BIO, Releaser<BIO_free_all>> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) return fail(ErrorCode::invalid, "expected a certificate in PEM form, found something else");
    return certificate;
}

std::string part(const X509_NAME* name, int nid) {
    const int at = X509_NAME_get_index_by_NID(name, nid, -1);
    if (at < 0) return {};
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) return {};
    std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    return text;
}

std::string address_text(const ASN1_OCTET_STRING* octets) {
    const unsigned char* bytes = ASN1_STRING_get0_data(octets);
    const int size = ASN1_STRING_length(octets);
    if (size == 4) return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
    std::string text;
    for (int i = 0; i + 1 < size; i += 2)
        text += fmt::format("{}{:x}", text.empty() ? "" : ":", bytes[i] << 8 | bytes[i + 1]);
    return text;
}

std::set<std::string> names_of(const X509* certificate) {
    std::set<std::string> names;
    const std::unique_ptr<GENERAL_NAMES, Releaser<GENERAL_NAMES_free>> all(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
        if (name->type == GEN_DNS) {
            names.insert("DNS:" + std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                                              static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))));
        } else if (name->type == GEN_IPADD) {
            names.insert("IP:" + address_text(name->d.iPAddress));
        }
    }
    return names;
}

std::set<std::string> usages_of(const X509* certificate) {
    std::set<std::string> usages;
    const std::unique_ptr<EXTENDED_KEY_USAGE, Releaser<EXTENDED_KEY_USAGE_free>> all(
        static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
    for (int i = 0; all && i < sk_ASN1_OBJECT_num(all.get()); ++i) {
        usages.emplace(OBJ_nid2sn(OBJ_obj2nid(sk_ASN1_OBJECT_value(all.get(), i))));
    }
    return usages;
}

std::chrono::sys_seconds moment(const ASN1_TIME* time) {
    std::tm parts{};
    ASN1_TIME_to_tm(time, &parts);
    return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

std::string der_of(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size < 0) return {};
    std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return bytes;
}

}  // namespace

Result<CertificateText> read_certificate(std::string_view pem) {
    TRY(const X509Ptr certificate, parse(pem));
    const X509_NAME* subject = X509_get_subject_name(certificate.get());
    return CertificateText{.organization = part(subject, NID_organizationName),
                           .organizational_unit = part(subject, NID_organizationalUnitName),
                           .common_name = part(subject, NID_commonName),
                           .names = names_of(certificate.get()),
                           .usages = usages_of(certificate.get()),
                           .not_before = moment(X509_get0_notBefore(certificate.get())),
                           .not_after = moment(X509_get0_notAfter(certificate.get())),
                           .fingerprint = sha256_hex(der_of(certificate.get())),
                           .is_authority = X509_check_ca(certificate.get()) == 1,
                           .may_sign = X509_check_ca(certificate.get()) != 0};
}

Result<bool> is_signed_by(std::string_view pem, std::string_view authority_pem) {
    TRY(const X509Ptr certificate, parse(pem));
    TRY(const X509Ptr authority, parse(authority_pem));
    return X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
}

}  // namespace pigsty::item
