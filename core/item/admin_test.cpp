// An account that people log in as: its keys, its rights, and what stays when it goes.
#include <gmock/gmock.h>

#include "core/item/admin_account.h"
#include "core/item/authorized_keys.h"
#include "core/item/ssh_key.h"
#include "core/item/sudoers.h"
#include "core/item/testing/seen.h"

namespace pigsty::item {
namespace {

constexpr const char* kKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEb1lN8sQ0g1Qq0cXn1n0p0tP2m1eR8o0b3b7dXc9nYk";

std::string objection(const Status& status) { return status ? "" : status.error().message; }

TEST(SshKey, is_a_whole_line_of_a_pub_file) {
    EXPECT_EQ(objection(check_ssh_key(kKey)), "");
    EXPECT_EQ(objection(check_ssh_key(std::string(kKey) + " alice@laptop\n")), "");
    EXPECT_THAT(objection(check_ssh_key("-----BEGIN OPENSSH PRIVATE KEY-----")),
                testing::HasSubstr("expected a public key"));
    EXPECT_THAT(objection(check_ssh_key(std::string("from=\"10.0.0.0/8\" ") + kKey)),
                testing::HasSubstr("begins with \"from"));
    EXPECT_THAT(objection(check_ssh_key("ssh-ed25519 AAAAC3Nza")), testing::HasSubstr("none of that type"));
    EXPECT_THAT(objection(check_ssh_key("ssh-rsa " + std::string(kKey).substr(12))),
                testing::HasSubstr("none of that type"));
    EXPECT_NE(objection(check_ssh_key(std::string(kKey) + " a\n" + kKey)), "");
    EXPECT_EQ(ssh_key_of(std::string(kKey) + " alice\n"), kKey);
}

TEST(AdminAccount, that_is_there_is_taken_as_it_is) {
    const AdminAccountItem account({.name = "dba", .uid = 88});
    EXPECT_EQ(reason(account, Seen().group("dba", false).account("dba", {})), "missing");
    EXPECT_EQ(reason(account, Seen().group("dba", true).account("dba", {"1001", "1001", "/srv/dba", "/bin/sh"})), "");
    const auto there = account.claimed(
        Seen().group("dba", true).account("dba", {"1001", "1001", "/srv/dba", "/bin/sh"}).observation());
    EXPECT_TRUE(AdminAccountItem::undo("dba", there).empty());
    EXPECT_EQ(
        AdminAccountItem::undo("dba", account.claimed(Seen().group("dba", false).account("dba", {}).observation()))
            .size(),
        1U);
    for (const char* name : {"", "root", "Dba", "a b", "-a", "1a", "a.b", "a$"})
        EXPECT_NE(objection(check_account_name(name)), "") << name;
}

TEST(AuthorizedKeys, compares_our_lines_alone) {
    const AuthorizedKeysItem keys("dba", {std::string(kKey) + " alice\n"});
    const node::Probe look = *keys.probes().begin();
    const std::string line = std::string(kKey) + " alice  # pigsty guest node admin\n";
    EXPECT_EQ(keys.desired(), line);
    EXPECT_EQ(reason(keys, Seen().command(look.key, "folder\nfile\n")), "missing");
    EXPECT_EQ(reason(keys, Seen().command(look.key, "folder\nfile\nline " + line)), "");
    EXPECT_EQ(reason(keys, Seen().command(look.key, "folder\nfile\nline x" + line)), "other lines");
    EXPECT_EQ(reason(keys, Seen().command(look.key, "folder\nfile\nopen /home/dba/.ssh\nline " + line)),
              "/home/dba/.ssh may be written by others, and sshd refuses it");
    const auto entry = keys.claimed(Seen().command(look.key, "folder\n").observation());
    EXPECT_EQ(entry.undo, (nlohmann::json{{"account", "dba"}, {"was_file", false}, {"was_folder", true}}));
    EXPECT_EQ(keys.state(Seen().command(look.key, "folder\nfile\nline " + line).observation()), entry.digest);
}

TEST(Sudoers, says_what_the_account_may_do) {
    const SudoersItem sudoers("dba", SudoRights::nopass);
    EXPECT_EQ(sudoers.desired(),
              "# What pigsty lets this account do; written whole\ndba ALL=(ALL:ALL) NOPASSWD: ALL\n");
    EXPECT_EQ(reason(sudoers, Seen().absent(sudoers.label())), "missing");
    EXPECT_EQ(reason(sudoers, Seen().file(sudoers.label(), sudoers.desired(), "root:root 0440")), "");
    EXPECT_EQ(reason(sudoers, Seen().file(sudoers.label(), "x", "root:root 0644")),
              "content differs, mode 0644, expected 0440");
    EXPECT_THAT(SudoersItem("dba", SudoRights::all).desired(), testing::HasSubstr("dba ALL=(ALL:ALL) ALL\n"));
    EXPECT_THAT(SudoersItem("dba", SudoRights::limited).desired(),
                testing::HasSubstr("NOPASSWD: NOEXEC: /usr/bin/systemctl, "));
}

}  // namespace
}  // namespace pigsty::item
