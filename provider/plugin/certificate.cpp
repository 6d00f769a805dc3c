#include "provider/plugin/certificate.h"

#include <array>
#include <memory>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace pigsty::plugin {

namespace {

template <auto free_function>
struct Freed {
    template <class T>
    void operator()(T* pointer) const {
        free_function(pointer);
    }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

// go-plugin gives its own certificates these bounds: a clock that is a little behind, thirty years ahead.
constexpr long kNotBefore = -30;
constexpr long kNotAfter = 262980L * 3600;

std::unexpected<Error> no_certificate(const char* step) {
    return fail(ErrorCode::internal, std::string("OpenSSL could not make the certificate of this run: ") + step);
}

bool set_random_serial(X509* certificate) {
    std::array<unsigned char, 16> bytes{};
    if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
    bytes[0] &= 0x7F;  // serial numbers are positive
    const NumberPtr number(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_names(X509* certificate) {
    X509_NAME* name = X509_get_subject_name(certificate);
    const auto add = [name](const char* field, const char* text) {
        return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text), -1,
                                          -1, 0) == 1;
    };
    return add("O", "HashiCorp") && add("CN", "localhost") && X509_set_issuer_name(certificate, name) == 1;
}

bool add_extension(X509* certificate, int id, const char* text) {
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, nullptr, id, text));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// The host knows this one certificate and calls us localhost; without the alternative name Go refuses it.
bool add_extensions(X509* certificate) {
    return add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(certificate, NID_key_usage,
                         "critical,digitalSignature,keyEncipherment,keyAgreement,keyCertSign") &&
           add_extension(certificate, NID_ext_key_usage, "clientAuth,serverAuth") &&
           add_extension(certificate, NID_subject_alt_name, "DNS:localhost");
}

std::string contents(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string unpadded_base64(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size <= 0) return {};
    std::string text(4 * ((static_cast<std::size_t>(size) + 2) / 3) + 1, '\0');
    const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), der, size);
    OPENSSL_free(der);
    text.resize(static_cast<std::size_t>(written));
    while (text.ends_with('=')) text.pop_back();
    return text;
}

}  // namespace

Result<Certificate> make_certificate(Curve curve) {
    const KeyPtr key(EVP_EC_gen(curve == Curve::kP256 ? "P-256" : "P-521"));
    if (!key) return no_certificate("key");
    const X509Ptr certificate(X509_new());
    if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
        !set_random_serial(certificate.get()) ||
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), kNotBefore) == nullptr ||
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kNotAfter) == nullptr ||
        X509_set_pubkey(certificate.get(), key.get()) != 1 || !set_names(certificate.get()) ||
        !add_extensions(certificate.get())) {
        return no_certificate("contents");
    }
    const EVP_MD* digest = curve == Curve::kP256 ? EVP_sha256() : EVP_sha512();
    if (X509_sign(certificate.get(), key.get(), digest) == 0) return no_certificate("signature");

    const BioPtr key_bio(BIO_new(BIO_s_mem()));
    const BioPtr certificate_bio(BIO_new(BIO_s_mem()));
    if (!key_bio || !certificate_bio ||
        PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
        PEM_write_bio_X509(certificate_bio.get(), certificate.get()) != 1) {
        return no_certificate("PEM");
    }
    Certificate result{.key_pem = contents(key_bio.get()),
                       .certificate_pem = contents(certificate_bio.get()),
                       .base64_der = unpadded_base64(certificate.get())};
    if (result.base64_der.empty()) return no_certificate("DER");
    return result;
}

}  // namespace pigsty::plugin
