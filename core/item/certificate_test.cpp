// Certificates: read back with OpenSSL, compared, and made in conversation with a node and a signer (openssl here).
#include "core/item/certificate.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "core/item/certificate_text.h"
#include "core/item/testing/seen.h"
#include "core/item/trusted_certificate.h"
#include "core/node/testing/node_test.h"

namespace pigsty::item {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// An authority in a folder of its own, as module/ca keeps one on a node.
class Authority : public CertificateSigner {
  public:
    explicit Authority(int days = 3650) {
        char name[] = "/tmp/pigsty-authority-XXXXXX";
        folder_ = mkdtemp(name);
        run("openssl ecparam -name prime256v1 -genkey -noout -out ca.key && "
            "openssl req -x509 -new -key ca.key -subj '/O=pigsty/CN=pigsty-ca' -days " +
            std::to_string(days) + " -out ca.crt");
        pem = read("ca.crt");
    }
    ~Authority() override { (void)!std::system(("rm -rf " + folder_).c_str()); }

    Result<std::string> sign(const CertificateRequest& request, const Cancel&) override {
        std::ofstream(folder_ + "/leaf.csr") << request.request_pem;
        std::string names;
        for (const auto& name : request.spec.names) names += (names.empty() ? "" : ",") + name;
        std::string usages;
        for (const auto& usage : request.spec.usages) usages += (usages.empty() ? "" : ",") + usage;
        std::ofstream(folder_ + "/ext") << "subjectAltName=" << names << "\nextendedKeyUsage=" << usages << "\n";
        std::string subject;
        for (const auto& [field, value] :
             {std::pair("O", request.spec.organization), std::pair("OU", request.spec.organizational_unit),
              std::pair("CN", request.spec.common_name)}) {
            if (!value.empty()) subject += "/" + std::string(field) + "=" + value;
        }
        run("openssl x509 -req -in leaf.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days " +
            std::to_string(leaf_days) + " -extfile ext -set_subject '" + subject +
            "' -out leaf.crt 2>/dev/null || "
            "{ openssl req -new -key ca.key -subj '" +
            subject +
            "' -out s.csr && openssl x509 -req -in s.csr -CA ca.crt -CAkey ca.key "
            "-CAcreateserial -force_pubkey <(openssl req -in leaf.csr -noout -pubkey) -days " +
            std::to_string(leaf_days) + " -extfile ext -out leaf.crt; }");
        return read("leaf.crt");
    }

    std::string pem;
    int leaf_days = 365;

  private:
    void run(const std::string& script) const {
        std::ofstream(folder_ + "/run.sh") << script << "\n";
        const std::string line = "cd " + folder_ + " && bash run.sh >/dev/null 2>run.err";
        EXPECT_EQ(std::system(line.c_str()), 0) << read("run.err");
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(folder_ + "/" + name);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }

    std::string folder_;
};

class CertificateTest : public node::NodeTest {
  protected:
    CertificateSpec spec() {
        return {.path = "/etc/pigtest/client.crt",
                .key_path = "/etc/pigtest/client.key",
                .organization = "pigsty",
                .organizational_unit = "etcd-client",
                .names = {"IP:10.10.10.11", "DNS:pg-test-1"},
                .usages = {"clientAuth"},
                .owner = "daemon",
                .group = "daemon",
                .authority_path = "/etc/pigtest-ca.crt",
                .authority_fingerprint = read_certificate(authority->pem)->fingerprint};
    }
    // Made, and claimed as a run does it.
    node::ClaimedItem make(const CertificateItem& item) {
        done({node::PutFile{.path = "/etc/pigtest-ca.crt", .content = authority->pem}});
        const auto change = item.compare(seen(item.probes()), nullptr);
        EXPECT_TRUE(change);
        const auto status = item.converse(*node, *change, cancel);
        EXPECT_TRUE(status) << summary(status.error()) << detail(status.error());
        node::Claim claim{.kind = "test", .name = "t", .id = "0", .member = "", .spec = {}, .items = {}};
        claim.items[item.label()] = item.claimed(seen(item.probes()));
        done({node->store_claim(claim)});
        return node->claim("test", "t")->items.at(item.label());
    }
    // What Read would say this long from now, by the node's own clock.
    std::string due(const CertificateItem& item, std::chrono::seconds later) {
        node::Observation look = seen(item.probes());
        look.set({node::ProbeKind::clock, ""}, node::raw_answer(look.clock() + later));
        const auto change = item.due(look);
        return change ? change->reason : "";
    }
    std::string why(const CertificateItem& item, const node::ClaimedItem* claimed) {
        const auto change = item.compare(seen(item.probes()), claimed);
        return change ? change->reason : "";
    }

    std::shared_ptr<Authority> authority = std::make_shared<Authority>();
};

TEST_F(CertificateTest, the_key_stays_and_the_leaf_says_what_was_asked) {
    const CertificateItem item(spec(), authority);
    const node::ClaimedItem entry = make(item);
    EXPECT_EQ(why(item, &entry), "");
    const auto text = read_certificate(machine->read("/etc/pigtest/client.crt"));
    ASSERT_TRUE(text);
    EXPECT_EQ(text->common_name, "");
    EXPECT_EQ(text->organizational_unit, "etcd-client");
    EXPECT_THAT(text->names, ElementsAre("DNS:pg-test-1", "IP:10.10.10.11"));
    EXPECT_THAT(text->usages, ElementsAre("clientAuth"));
    EXPECT_EQ(machine
                  ->run("stat -c '%U %a' /etc/pigtest/client.key; cd /var/tmp; "
                        "openssl x509 -in /etc/pigtest/client.crt -noout -pubkey > a; "
                        "openssl pkey -in /etc/pigtest/client.key -pubout > b; cmp a b && ls /etc/pigtest")
                  .value_or(""),
              "daemon 600\nclient.crt\nclient.key\n");
    ASSERT_TRUE(undo(item.label(), entry));
    done(*undo(item.label(), entry));
    EXPECT_EQ(machine->run("ls /etc/pigtest").value_or(""), "");
}

TEST_F(CertificateTest, says_why_another_leaf_is_needed) {
    const CertificateItem item(spec(), authority);
    const node::ClaimedItem entry = make(item);
    EXPECT_EQ(why(item, nullptr), "not known to be issued for this by this authority");

    CertificateSpec other_names = spec();
    other_names.names = {"DNS:pg-test-1"};
    EXPECT_EQ(why(CertificateItem(other_names, nullptr), &entry),
              "names DNS:pg-test-1 IP:10.10.10.11, expected DNS:pg-test-1");
    CertificateSpec with_name = spec();
    with_name.common_name = "postgres";
    EXPECT_EQ(why(CertificateItem(with_name, nullptr), &entry),
              "subject O=pigsty OU=etcd-client CN=, expected O=pigsty OU=etcd-client CN=postgres");

    CertificateSpec foreign = spec();
    const auto another = std::make_shared<Authority>();
    foreign.authority_fingerprint = read_certificate(another->pem)->fingerprint;
    EXPECT_EQ(why(CertificateItem(foreign, nullptr), &entry), "not known to be issued for this by this authority");

    // An authority's file that is another one proves nothing about the leaf: it is drift itself.
    done({node::PutFile{.path = "/etc/pigtest-ca.crt", .content = another->pem}});
    EXPECT_EQ(why(item, &entry), "");
    machine->run("chmod 0644 /etc/pigtest/client.key").value();
    EXPECT_EQ(why(item, &entry), "key mode 0644, expected 0600");
    machine->run("rm /etc/pigtest/client.key").value();
    EXPECT_EQ(why(item, &entry), "its key is missing");
    machine->run("echo nonsense > /etc/pigtest/client.crt; : > /etc/pigtest/client.key").value();
    EXPECT_EQ(why(item, &entry), "not a certificate");
}

TEST_F(CertificateTest, a_foreign_leaf_or_key_is_seen) {
    const CertificateItem item(spec(), authority);
    const node::ClaimedItem entry = make(item);
    machine->run("cd /etc/pigtest; cp client.key k; openssl ecparam -name prime256v1 -genkey -noout > client.key")
        .value();
    EXPECT_EQ(why(item, &entry), "its key is another one");
    machine->run("cd /etc/pigtest; cat k > client.key").value();
    EXPECT_EQ(why(item, &entry), "");
    // The same in all it says, and signed by somebody else.
    const CertificateItem foreign(spec(), std::make_shared<Authority>());
    EXPECT_TRUE(foreign.converse(*node, {}, cancel));
    EXPECT_EQ(why(item, &entry), "signed by another authority");
    // Signed by the right one, but not for us.
    EXPECT_TRUE(item.converse(*node, {}, cancel));
    EXPECT_EQ(why(item, &entry), "not known to be issued for this by this authority");
}

TEST_F(CertificateTest, is_due_in_the_last_third_of_its_life_by_the_nodes_own_clock) {
    using std::chrono::days;
    using std::chrono::minutes;
    authority->leaf_days = 60;
    const CertificateItem item(spec(), authority);
    const node::ClaimedItem entry = make(item);
    EXPECT_EQ(due(item, days(39)), "");
    EXPECT_EQ(due(item, days(40) + minutes(1)), "due for renewal");
    EXPECT_EQ(due(item, days(59)), "due for renewal");  // a text that moved would plan anew every day
    EXPECT_EQ(due(item, days(60) + minutes(1)), "expired");
    EXPECT_EQ(why(item, &entry), "");  // time is no difference
    machine->run("rm /etc/pigtest-ca.crt").value();
    EXPECT_EQ(due(item, days(59)), "due for renewal");
    machine->run("echo nonsense > /etc/pigtest/client.crt").value();
    EXPECT_EQ(due(item, days(59)), "");
}

TEST_F(CertificateTest, one_that_ends_with_its_authority_is_not_renewed_again_and_again) {
    authority = std::make_shared<Authority>(60);
    authority->leaf_days = 60;
    const CertificateItem item(spec(), authority);
    make(item);
    EXPECT_EQ(due(item, std::chrono::days(59)), "");
    EXPECT_EQ(due(item, std::chrono::days(61)), "");
    authority->leaf_days = 57;
    EXPECT_TRUE(item.converse(*node, {}, cancel));
    EXPECT_EQ(due(item, std::chrono::days(56)), "due for renewal");
}

TEST_F(CertificateTest, a_trusted_authority_comes_and_goes) {
    machine
        ->run(
            "mkdir -p /usr/local/share/ca-certificates; printf '#!/bin/sh\\necho updated >> /var/tmp/updated; mkdir -p "
            "/etc/ssl/certs; for file in /usr/local/share/ca-certificates/*.crt; do [ ! -e $file ] || ln -sf $file "
            "/etc/ssl/certs/$(basename $file .crt).pem; done\\n' > "
            "/usr/sbin/update-ca-certificates; "
            "chmod 0755 /usr/sbin/update-ca-certificates")
        .value();
    const TrustedCertificateItem item({.name = "pigsty-ca", .pem = authority->pem});
    EXPECT_TRUE(item.valid());
    EXPECT_EQ(TrustedCertificateItem({.name = "x", .pem = "no"}).valid().error().message,
              "trusted certificate x: expected certificates of authorities (CA) in PEM form, found text without "
              "\"-----BEGIN CERTIFICATE-----\"");
    const node::ClaimedItem entry = item.claimed(seen(item.probes()));
    for (const auto& result : done(item.operations({}))) EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_FALSE(item.compare(seen(item.probes()), nullptr));
    machine->run("rm /etc/ssl/certs/pigsty-ca.pem").value();
    EXPECT_EQ(item.compare(seen(item.probes()), nullptr)->reason, "not linked in /etc/ssl/certs");
    done(*undo(item.label(), entry));
    EXPECT_EQ(machine->run("cat /var/tmp/updated; ls /usr/local/share/ca-certificates | grep pigsty").value_or(""),
              "updated\nupdated\n");
}

TEST(RenewalMargin, is_a_third_of_a_short_life) {
    EXPECT_EQ(renewal_margin(std::chrono::days(7300)), std::chrono::days(30));
    EXPECT_EQ(renewal_margin(std::chrono::days(9)), std::chrono::days(3));
    EXPECT_EQ(renewal_margin(std::chrono::days(1)), std::chrono::hours(8));
}

}  // namespace
}  // namespace pigsty::item
