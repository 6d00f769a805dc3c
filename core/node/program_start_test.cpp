// Login shells and sudos that are in the way.
#include "core/node/program_start.h"

#include <gmock/gmock.h>

#include "core/node/child_process.h"

namespace pigsty::node {
namespace {

using testing::HasSubstr;

// Runs what a login shell would run at its start, then what it was given.
Result<StartedProgram> start(const std::string& at_its_start) {
    ChildLauncher launcher({"sh", "-c", at_its_start + "\nexec \"$@\"", "login"});
    return start_program(launcher, {}, "# a program\n# of several\n# lines\nexit 0;", "",
                         Cancel::within(std::chrono::seconds(30)));
}

TEST(ProgramStart, does_not_mind_a_shell_that_greets) {
    const auto started = start("echo 'Welcome to <pigsty perl>'; printf 'no line end'");
    EXPECT_TRUE(started) << started.error().message;
}

TEST(ProgramStart, tells_that_the_shell_reads_our_input) {
    const auto started = start("read answer");
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message,
              "what the login shell runs at its start has read the input that was meant for us");
    EXPECT_THAT(started.error().hint, HasSubstr("[ -t 0 ] || return"));
}

TEST(ProgramStart, tells_that_the_shell_becomes_another_program) {
    const auto started = start("exec true");
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message, "perl could not be started as root on the node");
    EXPECT_THAT(started.error().hint, HasSubstr("start another program"));
}

TEST(ProgramStart, tells_what_sudo_or_the_account_lack) {
    const auto terminal = start("echo 'sudo: sorry, you must have a tty to run sudo'; exit 1");
    ASSERT_FALSE(terminal);
    EXPECT_EQ(terminal.error().message, "sudo on the node wants a terminal (requiretty) for the login user \"root\"");
    EXPECT_THAT(terminal.error().hint, HasSubstr("Defaults:root !requiretty"));
    const auto account = start("echo 'This account is currently not available.'; exit 1");
    ASSERT_FALSE(account);
    EXPECT_EQ(account.error().message, "the login user \"root\" has a login shell that runs nothing (nologin)");
}

}  // namespace
}  // namespace pigsty::node
