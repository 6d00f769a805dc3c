// What a gate shows of a node when it fails.
#include "core/converge/gate.h"

#include "core/node/testing/node_test.h"

namespace pigsty::converge {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class GateTest : public node::NodeTest {};

TEST_F(GateTest, that_fails_shows_the_log_files_of_a_program_that_says_nothing_to_the_journal) {
    ASSERT_TRUE(machine->run(R"sh(mkdir -p /var/log/one /var/log/two /var/log/empty
echo 'of last week' >/var/log/one/old.log
touch -d '7 days ago' /var/log/one/old.log
printf 'Traceback (most recent call last):\n  File "etcd.py", line 7\nFailed to get list of machines: 404\n' >/var/log/one/patroni.log
echo 'FATAL:  the database system is starting up' >/var/log/two/postgres.csv)sh"));
    const Gate gate{.fact = "pg-test has a leader",
                    .node = node,
                    .unit = "patroni.service",
                    .logs = {"/var/log/one", "/var/log/empty", "/var/log/two", "/var/log/not-there"},
                    .stall_timeout = std::chrono::milliseconds(30),
                    .interval = std::chrono::milliseconds(1)};
    const auto status =
        wait_for(gate, []() -> Result<Look> { return fail(ErrorCode::unreachable, "connection refused"); }, cancel);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::stalled);
    EXPECT_THAT(status.error().message, HasSubstr("the last look said: connection refused"));
    const std::string& shown = status.error().output;
    EXPECT_THAT(shown, HasSubstr("last lines in /var/log/one:\nFailed to get list of machines: 404\n"));
    EXPECT_THAT(shown, EndsWith("last lines in /var/log/two:\nFATAL:  the database system is starting up"));
    EXPECT_THAT(shown, Not(HasSubstr("of last week")));
    EXPECT_THAT(shown, Not(HasSubstr("Traceback")));
    EXPECT_THAT(shown, Not(HasSubstr("/var/log/empty")));
}

}  // namespace
}  // namespace pigsty::converge
