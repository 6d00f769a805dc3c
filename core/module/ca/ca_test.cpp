// The authority on a real root end: its key, what it signs, and what is said when its end is near.
#include <chrono>

#include "core/item/certificate_text.h"
#include "core/module/ca/keys.h"
#include "core/module/ca/signer.h"
#include "core/module/ca/table.h"
#include "core/node/testing/node_test.h"

namespace pigsty::module::ca {
namespace {

using std::chrono::days;

class CaTest : public node::NodeTest {
  protected:
    // Made and claimed, as a create leaves it.
    void make(std::int64_t validity_days, std::int64_t leaf_validity_days) {
        authority.validity_days = validity_days;
        authority.leaf_validity_days = leaf_validity_days;
        authority.nodes = {{"1", {.address = "10.10.10.11"}}};
        const auto status = KeyItem({.authority = authority}).converse(*node, {}, cancel);
        ASSERT_TRUE(status) << summary(status.error()) << detail(status.error());
        const node::Claim claim{
            .kind = kKind, .name = authority.name, .id = "0", .member = "", .spec = write_json(authority), .items = {}};
        done({node->store_claim(claim)});
        certificate = *item::read_certificate(machine->read(certificate_path(authority.name)));
    }

    Result<item::CertificateText> signed_leaf() {
        TRY(const auto request,
            machine->run("cd /var/tmp; openssl ecparam -name prime256v1 -genkey -noout -out k; openssl req -new -key k "
                         "-subj / -config /dev/null"));
        Signer signer(
            {.id = "0", .name = authority.name, .fingerprint = certificate.fingerprint, .nodes = authority.nodes},
            connect_to, patience);
        const item::CertificateSpec spec{.path = "/etc/leaf.crt",
                                         .key_path = "/etc/leaf.key",
                                         .organization = "it's /a+b",
                                         .common_name = "$(id) \"x\"",
                                         .names = {"DNS:pg-test-1", "IP:10.10.10.11"},
                                         .usages = {"serverAuth"},
                                         .authority_fingerprint = certificate.fingerprint};
        TRY(const std::string pem, signer.sign({.request_pem = request, .spec = spec}, cancel));
        return item::read_certificate(pem);
    }

    node::Connect connect_to = [this](const node::NodeAddress&, const Cancel&, node::Reach) -> Result<node::NodePtr> {
        return node;
    };
    std::chrono::seconds patience{20};
    Authority authority;
    item::CertificateText certificate;
};

TEST_F(CaTest, a_leaf_says_what_was_asked_and_lives_as_long_as_the_authority_allows) {
    make(36500, 90);
    const auto leaf = signed_leaf();
    ASSERT_TRUE(leaf) << summary(leaf.error()) << detail(leaf.error());
    EXPECT_EQ(leaf->not_after - leaf->not_before, days(90));
    EXPECT_EQ(leaf->organization, "it's /a+b");
    EXPECT_EQ(leaf->common_name, "$(id) \"x\"");
    EXPECT_EQ(leaf->names, (std::set<std::string>{"DNS:pg-test-1", "IP:10.10.10.11"}));

    // A change counts for what is signed from then on.
    make(36500, 30);
    const auto shorter = signed_leaf();
    ASSERT_TRUE(shorter);
    EXPECT_EQ(shorter->not_after - shorter->not_before, days(30));
}

TEST_F(CaTest, no_leaf_outlives_its_authority) {
    make(10, 7300);
    const auto leaf = signed_leaf();
    ASSERT_TRUE(leaf) << summary(leaf.error());
    EXPECT_LE(leaf->not_after, certificate.not_after);
    EXPECT_GT(leaf->not_after, certificate.not_after - days(2));
}

TEST_F(CaTest, an_authority_on_its_last_day_signs_nothing) {
    make(36500, 7300);
    const std::string path = certificate_path(authority.name);
    machine
        ->run("cd " + path.substr(0, path.rfind('/')) +
              " && openssl req -x509 -new -key ca.key -days 1 -subj /CN=x -out ca.crt")
        .value();
    const auto leaf = signed_leaf();
    ASSERT_FALSE(leaf);
    EXPECT_NE(leaf.error().output.find("the authority itself ends within a day"), std::string::npos);
}

TEST_F(CaTest, a_silent_node_is_waited_for_only_when_no_other_answers) {
    make(36500, 90);
    authority.nodes = {{"1", {.address = "10.10.10.11"}}, {"2", {.address = "10.10.10.12"}}};
    std::vector<std::string> asked;
    bool second_answers = true;
    connect_to = [&](const node::NodeAddress& address, const Cancel&, node::Reach reach) -> Result<node::NodePtr> {
        asked.push_back(address.address + (reach == node::Reach::change ? " patiently" : ""));
        if (address.address == "10.10.10.12" && second_answers) return node;
        return fail(ErrorCode::unreachable, "no answer");
    };
    EXPECT_TRUE(signed_leaf());
    EXPECT_EQ(asked, (std::vector<std::string>{"10.10.10.11", "10.10.10.12"}));

    asked.clear();
    second_answers = false;
    EXPECT_EQ(signed_leaf().error().message, "no answer");
    EXPECT_EQ(asked, (std::vector<std::string>{"10.10.10.11", "10.10.10.12", "10.10.10.11 patiently",
                                               "10.10.10.12 patiently"}));
}

TEST_F(CaTest, a_node_that_breaks_off_gives_way_to_the_next) {
    make(36500, 90);
    authority.nodes = {{"1", {.address = "10.10.10.11"}}, {"2", {.address = "10.10.10.12"}}};
    // The first one's root end is killed in the middle of the request.
    machine
        ->run(R"sh(mv /usr/bin/mktemp /usr/bin/mktemp.real
cat > /usr/bin/mktemp <<'END'
#!/bin/sh
[ -e /run/broken ] && exec mktemp.real "$@"
: > /run/broken
root_end=$PPID
while [ "$(cat /proc/$root_end/comm)" = sh ]; do root_end=$(cut -d' ' -f4 /proc/$root_end/stat); done
kill -9 "$root_end"
END
chmod +x /usr/bin/mktemp)sh")
        .value();
    const auto leaf = signed_leaf();
    EXPECT_TRUE(leaf) << summary(leaf.error());
    EXPECT_EQ(machine->run("ls /run/broken").value(), "/run/broken\n");
}

TEST_F(CaTest, a_node_whose_command_hangs_gives_way_to_the_next) {
    make(36500, 90);
    authority.nodes = {{"1", {.address = "10.10.10.11"}}, {"2", {.address = "10.10.10.12"}}};
    patience = std::chrono::seconds(1);
    machine
        ->run(R"sh(mv /usr/bin/mktemp /usr/bin/mktemp.real
cat > /usr/bin/mktemp <<'END'
#!/bin/sh
[ -e /run/hung ] && exec mktemp.real "$@"
: > /run/hung
exec sleep 600
END
chmod +x /usr/bin/mktemp)sh")
        .value();
    const auto leaf = signed_leaf();
    EXPECT_TRUE(leaf) << summary(leaf.error());
    EXPECT_EQ(machine->run("ls /run/hung").value(), "/run/hung\n");
}

TEST_F(CaTest, a_lost_key_comes_back_from_whoever_has_it_though_another_node_is_silent) {
    make(36500, 90);
    const auto other = node::LocalMachine::start();
    ASSERT_TRUE(other);
    const auto lost = (*other)->connect(cancel, {}, "10.10.10.13");
    ASSERT_TRUE(lost);
    // The item before it makes the folder.
    const std::string path = key_path(authority.name);
    ASSERT_TRUE((*other)->run("mkdir -p " + path.substr(0, path.rfind('/'))));
    const node::Connect connect = [this](const node::NodeAddress& address, const Cancel&,
                                         node::Reach) -> Result<node::NodePtr> {
        if (address.address == "10.10.10.12") return node;
        return fail(ErrorCode::unreachable, "no answer");
    };
    const KeyItem key({.authority = authority,
                       .fingerprint = certificate.fingerprint,
                       .others = {{.address = "10.10.10.11"}, {.address = "10.10.10.12"}},
                       .connect = connect});
    const auto status = key.converse(**lost, {}, cancel);
    ASSERT_TRUE(status) << summary(status.error());
    EXPECT_EQ((*other)->read(key_path(authority.name)), machine->read(key_path(authority.name)));

    // Where the one that has it is silent, too, no new one is made.
    const KeyItem alone({.authority = authority, .others = {{.address = "10.10.10.11"}}, .connect = connect});
    EXPECT_EQ(alone.converse(**lost, {}, cancel).error().message, "no answer");
}

TEST(EndWarning, names_the_day_and_what_to_do) {
    item::CertificateText certificate;
    certificate.not_before = std::chrono::sys_days(std::chrono::year(2020) / 3 / 1);
    certificate.not_after = std::chrono::sys_days(std::chrono::year(2030) / 3 / 1);
    EXPECT_FALSE(end_warning("pigsty-ca", certificate, certificate.not_after - days(366)));
    const auto near = end_warning("pigsty-ca", certificate, certificate.not_after - days(365));
    ASSERT_TRUE(near);
    EXPECT_EQ(near->summary, "pigsty-ca ends on 2030-03-01");
    EXPECT_EQ(
        near->detail,
        "Everything that it signed ends on that day at the latest, and renewing certificates does not help. This "
        "version does not give a living cluster another authority: make a new `pigsty_ca` under another name, new "
        "clusters that name it, and move the data there.");
    EXPECT_EQ(end_warning("pigsty-ca", certificate, certificate.not_after)->summary, "pigsty-ca ended on 2030-03-01");
    // A third of a short life.
    certificate.not_before = certificate.not_after - days(30);
    EXPECT_FALSE(end_warning("pigsty-ca", certificate, certificate.not_after - days(11)));
    EXPECT_TRUE(end_warning("pigsty-ca", certificate, certificate.not_after - days(10)));
}

}  // namespace
}  // namespace pigsty::module::ca
