#include "provider/plugin/certificate.h"

#include <memory>
#include <set>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pigsty::plugin {
namespace {

using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;

X509Ptr parsed(const Certificate& certificate) {
    BIO* bio =
        BIO_new_mem_buf(certificate.certificate_pem.data(), static_cast<int>(certificate.certificate_pem.size()));
    X509Ptr x509(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), &X509_free);
    BIO_free(bio);
    return x509;
}

TEST(Certificate, is_what_a_go_host_accepts) {
    const auto certificate = make_certificate();
    ASSERT_TRUE(certificate);
    const X509Ptr x509 = parsed(*certificate);
    ASSERT_TRUE(x509);
    EXPECT_EQ(X509_check_host(x509.get(), "localhost", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_verify(x509.get(), X509_get0_pubkey(x509.get())), 1);
    EXPECT_EQ(X509_check_purpose(x509.get(), X509_PURPOSE_SSL_SERVER, 0), 1);
    EXPECT_EQ(X509_check_purpose(x509.get(), X509_PURPOSE_SSL_CLIENT, 0), 1);
    EXPECT_EQ(X509_cmp_current_time(X509_get0_notBefore(x509.get())), -1);
    EXPECT_EQ(X509_cmp_current_time(X509_get0_notAfter(x509.get())), 1);
    EXPECT_EQ(EVP_PKEY_get_bits(X509_get0_pubkey(x509.get())), 256);
}

// Padding would be there for two lengths out of three: several certificates, because their length varies.
TEST(Certificate, is_never_padded) {
    std::set<std::string> all;
    for (int i = 0; i < 24; ++i) {
        const auto certificate = make_certificate();
        ASSERT_TRUE(certificate);
        EXPECT_FALSE(certificate->base64_der.empty());
        EXPECT_EQ(certificate->base64_der.find_first_of("=\n"), std::string::npos);
        all.insert(certificate->base64_der);
    }
    EXPECT_EQ(all.size(), 24U);
}

TEST(Certificate, of_a_host_is_p521) {
    const auto certificate = make_certificate(Curve::kP521);
    ASSERT_TRUE(certificate);
    EXPECT_EQ(EVP_PKEY_get_bits(X509_get0_pubkey(parsed(*certificate).get())), 521);
}

}  // namespace
}  // namespace pigsty::plugin
