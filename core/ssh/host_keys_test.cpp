#include "core/ssh/host_keys.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ssh/test_sshd.h"

namespace pigsty::ssh {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

PublicKey key(const std::string& name) { return parse_public_key(read_text(user_key(name + ".pub"))).value(); }

TEST(HostKeys, pins_alone_count_for_a_pinned_address) {
    const TestFolder folder;
    const std::string file = folder.path("known_hosts");
    write_text(file, "10.0.0.1 " + key("rsa").line() + "\n");
    HostKeys keys(
        {.policy = HostKeyPolicy::accept_new, .files = {file}, .pinned = {{"10.0.0.1", key("ed25519").line()}}});
    EXPECT_TRUE(keys.verify("10.0.0.1", 22, key("ed25519")));
    EXPECT_TRUE(keys.verify("10.0.0.1", 2222, key("ed25519"))) << "a pin without a port holds for every port";
    EXPECT_FALSE(keys.verify("10.0.0.1", 22, key("rsa")));
    EXPECT_THAT(keys.known_types("10.0.0.1", 22).value(), ElementsAre("ssh-ed25519"));
}

TEST(HostKeys, several_pins_for_one_address_are_alternatives) {
    HostKeys keys({.pinned = {{"[10.0.0.1]:2222", key("ed25519").line() + "\n" + key("ecdsa").line() + " comment\n"}}});
    EXPECT_TRUE(keys.verify("10.0.0.1", 2222, key("ed25519")));
    EXPECT_TRUE(keys.verify("10.0.0.1", 2222, key("ecdsa")));
    EXPECT_FALSE(keys.verify("10.0.0.1", 22, key("ed25519"))) << "that port is not pinned, and strict";
}

TEST(HostKeys, a_pin_that_is_no_key_is_named) {
    HostKeys keys({.pinned = {{"10.0.0.1", "SHA256:abc"}}});
    const auto status = keys.verify("10.0.0.1", 22, key("ed25519"));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::invalid);
    EXPECT_EQ(status.error().step, "host_keys[\"10.0.0.1\"]");
}

TEST(HostKeys, a_revoked_key_is_refused_whoever_shows_it) {
    const TestFolder folder;
    const std::string file = folder.path("known_hosts");
    write_text(file, "10.0.0.1 " + key("ed25519").line() + "\n@revoked * " + key("ed25519").line() + "\n");
    HostKeys keys({.policy = HostKeyPolicy::accept_new, .files = {file}});
    const auto status = keys.verify("10.0.0.1", 22, key("ed25519"));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::denied);
    EXPECT_EQ(status.error().message,
              "the host key ssh-ed25519 " + key("ed25519").fingerprint() + " is revoked (" + file + " line 2)");
}

TEST(HostKeys, a_key_of_another_type_does_not_pass_as_new) {
    HostKeys keys({.policy = HostKeyPolicy::accept_new});
    ASSERT_TRUE(keys.verify("10.0.0.1", 22, key("ed25519")));
    EXPECT_TRUE(keys.verify("10.0.0.1", 22, key("ed25519"))) << "remembered without a file";
    const auto status = keys.verify("10.0.0.1", 22, key("rsa"));
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message, HasSubstr("expected ssh-ed25519 " + key("ed25519").fingerprint() +
                                                  " (accepted in this run), found ssh-rsa"));
}

TEST(HostKeys, a_line_without_a_port_holds_for_any_port_as_in_ssh) {
    const TestFolder folder;
    const std::string file = folder.path("known_hosts");
    write_text(file, "10.0.0.1 " + key("ed25519").line() + "\n");
    HostKeys keys({.files = {file}});
    EXPECT_TRUE(keys.verify("10.0.0.1", 2222, key("ed25519")));
    EXPECT_THAT(keys.known_types("10.0.0.1", 2222).value(), ElementsAre("ssh-ed25519"));
    EXPECT_FALSE(keys.verify("10.0.0.1", 2222, key("rsa")));
}

TEST(HostKeys, what_the_files_have_instead_is_named) {
    const TestFolder folder;
    const std::string file = folder.path("known_hosts");
    write_text(file, "[10.0.0.1]:2222 " + key("ed25519").line() + "\n@cert-authority 10.0.0.2 " +
                         key("ed25519").line() + "\n10.0.0.3 " + key("rsa").line() + "\n");
    HostKeys keys({.files = {file}});
    EXPECT_THAT(keys.verify("10.0.0.1", 22, key("ed25519")).error().message,
                HasSubstr("; " + file + " line 1 knows it at another port"));
    EXPECT_THAT(keys.verify("10.0.0.2", 22, key("ed25519")).error().message,
                HasSubstr(file + " line 2 is a @cert-authority line, and certificates of hosts are not supported"));
    EXPECT_THAT(keys.verify("10.0.0.3", 22, key("ed25519")).error().message,
                HasSubstr("the host is known by another type of key: expected ssh-rsa "));
}

TEST(HostKeys, a_private_key_as_a_pin_is_not_shown) {
    const auto status = check_public_keys("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message,
              "expected an SSH public key like \"ssh-ed25519 AAAAC3Nza…\", found a private key (not shown)");
    EXPECT_TRUE(check_public_keys(key("ed25519").line() + "\n" + key("rsa").line() + "\n"));
    EXPECT_FALSE(check_public_keys(" \n"));
}

TEST(HostKeys, accepted_keys_are_appended_line_by_line) {
    const TestFolder folder;
    const std::string file = folder.path("known_hosts");
    write_text(file, "other " + key("rsa").line());  // no newline at its end
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            HostKeys keys({.policy = HostKeyPolicy::accept_new, .files = {file}});
            EXPECT_TRUE(keys.verify("10.0.0." + std::to_string(i), 22, key("ed25519")));
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(read_known_hosts(file).value().size(), 9U);
}

TEST(HostKeys, a_file_that_cannot_be_written_is_an_error) {
    HostKeys keys({.policy = HostKeyPolicy::accept_new, .files = {"/proc/known_hosts"}});
    const auto status = keys.verify("10.0.0.1", 22, key("ed25519"));
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message, HasSubstr("cannot record a new host key in /proc/known_hosts"));
}

}  // namespace
}  // namespace pigsty::ssh
