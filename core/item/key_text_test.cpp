// Certificates and keys as users paste them. testdata: two authorities (one ended in 2024), a server's certificate, and the keys
// of two repositories (one ended in 2020).
#include "core/item/key_text.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "core/item/trusted_certificate.h"

namespace pigsty::item {
namespace {

const std::chrono::sys_seconds kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);
const std::string kPrivateKey = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n-----END PRIVATE KEY-----\n";

std::string testdata(const std::string& name) {
    std::ifstream file(std::string(PIGSTY_TESTDATA) + "/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string refused_ca(std::string_view pem) {
    const auto status = check_authorities(pem, kNow);
    return status ? "" : status.error().message;
}

std::string refused_key(std::string_view key) {
    const auto status = check_signing_key(key, kNow);
    return status ? "" : status.error().message;
}

TEST(Authorities, alone_or_many_with_text_between_them) {
    const std::string authority = testdata("company-ca.pem");
    EXPECT_EQ(refused_ca(authority), "");
    EXPECT_EQ(refused_ca("# the company's\n" + authority + "\n# again\n" + authority), "");
    EXPECT_EQ(certificates_in("# one\n" + authority + authority), (std::vector{authority, authority}));
}

TEST(Authorities, refuse_what_is_none_and_show_nothing_of_it) {
    const std::string authority = testdata("company-ca.pem");
    const std::string expected = "expected certificates of authorities (CA) in PEM form, found ";
    EXPECT_EQ(refused_ca(authority + kPrivateKey), expected + "a private key in it (not shown)");
    EXPECT_EQ(refused_ca("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4C"), expected + "a private key in it (not shown)");
    EXPECT_EQ(refused_ca("/etc/ssl/ca.pem"), expected + "what looks like the path of a file");
    EXPECT_EQ(refused_ca("company-ca.crt"), expected + "what looks like the path of a file");
    EXPECT_EQ(refused_ca("secret words"), expected + "text without \"-----BEGIN CERTIFICATE-----\"");
    EXPECT_EQ(refused_ca(testdata("server.pem")),
              expected + "the certificate of \"db.example.com\", which is no authority's");
    EXPECT_EQ(refused_ca(authority + testdata("server.pem")),
              expected + "the certificate of \"db.example.com\", which is no authority's");
    EXPECT_EQ(refused_ca(testdata("old-ca.pem")), expected + "that of \"old-ca\", which ended on 2024-01-02");
    EXPECT_EQ(refused_ca(authority.substr(0, 200)), expected + "a block \"CERTIFICATE\" without its end");
    EXPECT_EQ(refused_ca(authority.substr(0, 200) + "\n" + authority),
              expected + "a block \"CERTIFICATE\" without its end");
    EXPECT_EQ(refused_ca("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
              expected + "a CERTIFICATE block that cannot be read");
    EXPECT_EQ(refused_ca("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
              expected + "a block \"PUBLIC KEY\"");
}

TEST(SigningKey, is_one_public_block) {
    const std::string key = testdata("repository.asc");
    const std::string expected = "expected one armoured OpenPGP public key block, found ";
    EXPECT_EQ(refused_key(key), "");
    std::string crlf;
    for (const char c : key) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_EQ(refused_key(crlf), "");
    EXPECT_EQ(refused_key(key + key), expected + "2 of them, of which apt reads the first only");
    EXPECT_EQ(refused_key("/usr/share/keyrings/x.gpg"), expected + "what looks like the path of a file");
    EXPECT_EQ(refused_key(testdata("old-repository.asc")), expected + "a key that ended on 2020-12-31");
    EXPECT_EQ(refused_key(testdata("company-ca.pem")), expected + "a block \"CERTIFICATE\"");
    EXPECT_EQ(refused_key(key + kPrivateKey), expected + "a private key in it (not shown)");
    // A secret key under the label of a public one: its first packet tells.
    EXPECT_EQ(refused_key("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nlAEE\n-----END PGP PUBLIC KEY BLOCK-----\n"),
              expected + "a private key in it (not shown)");
    EXPECT_EQ(refused_key("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"),
              expected + "a block that holds no public key");
    EXPECT_EQ(refused_key("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n*\n-----END PGP PUBLIC KEY BLOCK-----\n"),
              expected + "a block that cannot be decoded");
}

TEST(TrustedCertificate, of_a_bundle_are_a_file_each_and_one_update) {
    const std::string authority = testdata("company-ca.pem");
    const auto items = bundle_items("company", authority + "# more\n" + authority);
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0]->label(), "/usr/local/share/ca-certificates/company.crt");
    EXPECT_EQ(items[1]->label(), "/usr/local/share/ca-certificates/company+2.crt");
    EXPECT_TRUE(items[1]->valid());
    const auto work = merged({{items[0], {}}, {items[1], {}}});
    ASSERT_EQ(work.size(), 1U);
    EXPECT_EQ(work[0].items.size(), 2U);
    EXPECT_EQ(work[0].operations.size(), 4U);
    ASSERT_EQ(bundle_items("company", "# ours\n" + authority).size(), 1U);
    EXPECT_EQ(bundle_items("company", "# ours\n" + authority)[0]->desired(), "# ours\n" + authority);
}

}  // namespace
}  // namespace pigsty::item
