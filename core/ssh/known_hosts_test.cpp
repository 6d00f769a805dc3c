#include "core/ssh/known_hosts.h"

#include <gtest/gtest.h>

#include "core/ssh/test_sshd.h"

namespace pigsty::ssh {
namespace {

const std::string kKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsvUGGFpNbQzKWBDRyl5qtMcIPlu/PcN7rZsjXrmTfz";

bool matches(const std::string& names, const std::string& host, std::uint16_t port = 22) {
    return KnownHost{.names = names, .key = {}}.matches(known_hosts_name(host, port));
}

TEST(KnownHosts, names_match_as_ssh_matches_them) {
    EXPECT_TRUE(matches("pg-test-1,10.10.10.11", "10.10.10.11"));
    EXPECT_TRUE(matches("PG-Test-1", "pg-test-1"));
    EXPECT_TRUE(matches("pg-test-1", "PG-TEST-1"));
    EXPECT_FALSE(matches("pg-test-1", "pg-test-11"));
    EXPECT_TRUE(matches("*.example.com", "db.example.com"));
    EXPECT_TRUE(matches("pg-test-?", "pg-test-3"));
    EXPECT_FALSE(matches("*.example.com,!db.example.com", "db.example.com"));
    EXPECT_FALSE(matches("", "x"));
}

TEST(KnownHosts, another_port_has_its_own_entry) {
    EXPECT_TRUE(matches("[10.10.10.11]:2222", "10.10.10.11", 2222));
    EXPECT_FALSE(matches("10.10.10.11", "10.10.10.11", 2222));
    EXPECT_FALSE(matches("[10.10.10.11]:2222", "10.10.10.11"));
}

TEST(KnownHosts, hashed_names_match) {
    // Made by `ssh-keygen -H` for pg-test-1.
    const std::string names = "|1|wDlCL5QbgjbO/eJ/CJG0yvNywXU=|/KE+h0PLA2AVWq/7wcVirnkenVU=";
    EXPECT_TRUE(matches(names, "pg-test-1"));
    EXPECT_FALSE(matches(names, "pg-test-2"));
    EXPECT_FALSE(matches("|1|nonsense", "pg-test-1"));
}

TEST(KnownHosts, reads_what_ssh_keygen_hashed) {
    const TestFolder folder;
    const std::string file = folder.path("known_hosts");
    write_text(file, "pg-test-1 " + kKey + "\n[pg-test-2]:2222 " + kKey + "\n");
    run_shell("ssh-keygen -q -H -f " + file + " 2>&1");
    const auto entries = read_known_hosts(file);
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 2U);
    EXPECT_TRUE((*entries)[0].names.starts_with("|1|"));
    EXPECT_TRUE((*entries)[0].matches("pg-test-1"));
    EXPECT_TRUE((*entries)[1].matches("[pg-test-2]:2222"));
    EXPECT_FALSE((*entries)[1].matches("pg-test-2"));
}

TEST(KnownHosts, reads_marks_comments_and_skips_what_it_cannot_read) {
    const TestFolder folder;
    const std::string file = folder.path("known_hosts");
    write_text(file, "# a comment\n\n@revoked * " + kKey + "\n@cert-authority *.example.com " + kKey +
                         "\nbroken ssh-ed25519 AAAA\nhost " + kKey + " with a comment");
    const auto entries = read_known_hosts(file);
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 3U);
    EXPECT_TRUE((*entries)[0].revoked);
    EXPECT_EQ((*entries)[0].origin, file + " line 3");
    EXPECT_TRUE((*entries)[1].authority);
    EXPECT_EQ((*entries)[2].names, "host");
    EXPECT_EQ((*entries)[2].key.line(), kKey);
}

TEST(KnownHosts, no_file_is_an_empty_one) {
    const auto entries = read_known_hosts("/nonexistent/known_hosts");
    ASSERT_TRUE(entries);
    EXPECT_TRUE(entries->empty());
}

TEST(PublicKey, fingerprint_is_the_one_that_ssh_keygen_prints) {
    const auto key = parse_public_key(read_text(user_key("ed25519.pub")));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->fingerprint() + "\n", run_shell("ssh-keygen -lf " + user_key("ed25519.pub") + " | cut -d' ' -f2"));
}

TEST(PublicKey, what_is_none_is_refused) {
    for (const std::string text : {"", "ssh-ed25519", "ssh-ed25519 !!!!", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIHsv"})
        EXPECT_FALSE(parse_public_key(text)) << text;
    EXPECT_EQ(parse_public_key("hello").error().message,
              "expected an SSH public key like \"ssh-ed25519 AAAAC3Nza…\", found \"hello\"");
}

}  // namespace
}  // namespace pigsty::ssh
