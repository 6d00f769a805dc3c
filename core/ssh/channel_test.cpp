#include "core/ssh/channel.h"

#include <array>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "core/base/hash.h"
#include "core/ssh/session.h"
#include "core/ssh/test_sshd.h"

namespace pigsty::ssh {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class ChannelTest : public ::testing::Test {
  protected:
    void start(const std::string& config = "", std::chrono::seconds keepalive = 15s) {
        sshd_ = std::make_unique<TestSshd>(TestSshd::Options{.config = config});
        Route route = sshd_->route();
        route.keepalive_interval = keepalive;
        auto session = Session::connect(route, sshd_->host_keys(), soon());
        ASSERT_TRUE(session) << session.error().message;
        session_ = *session;
    }

    std::shared_ptr<Channel> exec(const std::string& command) {
        auto channel = session_->exec(command, soon());
        if (!channel) throw std::runtime_error(summary(channel.error()));
        return *channel;
    }

    // A command that runs for sure, and waits for its input to end.
    std::shared_ptr<Channel> waiting() {
        auto channel = exec("echo started; cat");
        std::array<char, 100> some{};
        EXPECT_EQ(channel->read(some, soon()).value_or(0), 8U);
        return channel;
    }

    std::unique_ptr<TestSshd> sshd_;
    std::shared_ptr<Session> session_;
};

std::string noise(std::size_t count, unsigned seed) {
    std::string bytes(count, '\0');
    unsigned state = seed;
    for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return bytes;
}

TEST_F(ChannelTest, carries_input_output_errors_and_status) {
    start();
    const auto channel = exec("cat; echo problem >&2; exit 7");
    ASSERT_TRUE(channel->write("one\n", soon()));
    ASSERT_TRUE(channel->write("two\n", soon()));
    channel->close_input();
    EXPECT_EQ(channel->read_all(soon()).value(), "one\ntwo\n");
    EXPECT_EQ(channel->exit_status(soon()).value(), 7);
    EXPECT_EQ(channel->stderr_tail(), "problem\n");
    EXPECT_EQ(channel->read_all(soon()).value(), "") << "the end stays the end";
}

TEST_F(ChannelTest, a_command_killed_by_a_signal_says_so) {
    start();
    const auto channel = exec("kill -TERM $$");
    EXPECT_EQ(channel->read_all(soon()).value(), "");
    const auto status = channel->exit_status(soon());
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message, "the command was ended by signal TERM");
    EXPECT_EQ(status.error().host, "127.0.0.1");
}

TEST_F(ChannelTest, chatty_errors_never_block_and_keep_their_tail) {
    start();
    const auto channel = exec("head -c 8000000 /dev/zero | tr '\\0' e >&2; echo last >&2; echo done");
    EXPECT_EQ(channel->read_all(soon()).value(), "done\n");
    EXPECT_EQ(channel->exit_status(soon()).value(), 0);
    EXPECT_EQ(channel->stderr_tail().size(), 16U * 1024);
    EXPECT_TRUE(channel->stderr_tail().ends_with("eelast\n"));
}

TEST_F(ChannelTest, writing_to_a_command_that_ended_fails_with_its_errors) {
    start();
    const auto channel = exec("echo no space left >&2; exit 1");
    ASSERT_EQ(channel->read_all(soon()).value(), "");
    ASSERT_EQ(channel->exit_status(soon()).value(), 1);
    const auto written = channel->write("more", soon());
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::failed);
    EXPECT_EQ(written.error().message, "the command ended before it took all its input");
    EXPECT_EQ(written.error().output, "no space left");
}

// New keys are negotiated every 4 MB, in the middle of the data and in both directions.
TEST_F(ChannelTest, fifty_megabytes_there_and_back_while_keys_change) {
    start("RekeyLimit 4M\n");
    const auto channel = exec("cat");
    const std::string piece = noise(1 << 20, 1);
    std::thread writer([&] {
        for (int i = 0; i < 50; ++i) {
            const auto status = channel->write(piece, soon());
            EXPECT_TRUE(status) << status.error().message;
        }
        channel->close_input();
    });
    const auto output = channel->read_all(soon());
    writer.join();
    ASSERT_TRUE(output) << output.error().message;
    ASSERT_EQ(output->size(), 50U << 20);
    std::string expected;
    for (int i = 0; i < 50; ++i) expected += piece;
    EXPECT_EQ(sha256_hex(*output), sha256_hex(expected));
    EXPECT_EQ(channel->exit_status(soon()).value(), 0);
    EXPECT_GT(session_->counters().bytes_in, 50U << 20);
    EXPECT_GT(session_->counters().bytes_out, 50U << 20);
    EXPECT_EQ(session_->counters().channels, 1U);
}

TEST_F(ChannelTest, twenty_channels_from_ten_threads_keep_their_bytes_apart) {
    start("MaxSessions 20\n");
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < 10; ++thread) {
        threads.emplace_back([this, thread] {
            const auto first = exec("cat");
            const auto second = exec("sha256sum");
            const std::string bytes = noise(700000 + thread, thread);
            std::thread writer([&] {
                EXPECT_TRUE(first->write(bytes, soon()));
                EXPECT_TRUE(second->write(bytes, soon()));
                first->close_input();
                second->close_input();
            });
            const auto copy = first->read_all(soon());
            const auto sum = second->read_all(soon());
            writer.join();
            EXPECT_EQ(sha256_hex(copy.value_or("")), sha256_hex(bytes));
            EXPECT_EQ(sum.value_or("").substr(0, 64), sha256_hex(bytes));
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(session_->counters().channels, 20U);
}

TEST_F(ChannelTest, a_slow_reader_holds_up_nobody_else) {
    start();
    const auto slow = exec("head -c 10000000 /dev/zero");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(exec("echo quick")->read_all(soon()).value(), "quick\n");
    EXPECT_EQ(slow->read_all(soon()).value().size(), 10000000U);
}

TEST_F(ChannelTest, commands_beyond_max_sessions_wait_for_their_turn) {
    start("MaxSessions 3\n");
    std::vector<std::shared_ptr<Channel>> open{waiting(), waiting(), waiting()};
    const auto refused = session_->exec("true", Cancel::within(200ms));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::stalled);
    EXPECT_THAT(refused.error().hint, HasSubstr("run 3 commands at a time (MaxSessions)"));

    auto next = std::async(std::launch::async, [this] { return session_->exec("echo my turn", soon()); });
    open.front()->close_input();
    EXPECT_EQ(open.front()->read_all(soon()).value(), "");
    const auto channel = next.get();
    ASSERT_TRUE(channel) << channel.error().message;
    EXPECT_EQ((*channel)->read_all(soon()).value(), "my turn\n");
    // Many at a time go through the three places one after the other.
    std::vector<std::thread> threads;
    for (int i = 0; i < 10; ++i)
        threads.emplace_back([this] { EXPECT_EQ(exec("echo x")->read_all(soon()).value_or("?"), "x\n"); });
    for (auto& thread : threads) thread.join();
}

TEST_F(ChannelTest, cancel_ends_a_wait_and_leaves_the_channel_usable) {
    start();
    const auto channel = waiting();
    const Cancel cancel;
    auto reading = std::async(std::launch::async, [&] {
        std::array<char, 10> some{};
        return channel->read(some, cancel);
    });
    cancel.request_stop();
    const auto stopped = reading.get();
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
    EXPECT_EQ(summary(stopped.error()), "127.0.0.1: stopped while waiting for a command's output");

    const auto late = channel->exit_status(Cancel::within(10ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::stalled);

    ASSERT_TRUE(channel->write("still here\n", soon()));
    channel->close_input();
    EXPECT_EQ(channel->read_all(soon()).value(), "still here\n");
}

TEST_F(ChannelTest, cancel_ends_a_write_that_nobody_takes) {
    start();
    const auto channel = exec("sleep 1000");
    const auto status = channel->write(std::string(20 << 20, 'x'), Cancel::within(300ms));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::stalled);
    EXPECT_EQ(status.error().message, "out of time while sending input to a command");
}

TEST_F(ChannelTest, closing_frees_the_place_and_wakes_the_reader) {
    start("MaxSessions 1\n");
    for (int i = 0; i < 5; ++i) {
        const auto channel = waiting();
        auto reading = std::async(std::launch::async, [&] { return channel->read_all(soon()); });
        channel->close();
        const auto output = reading.get();
        ASSERT_FALSE(output);
        EXPECT_EQ(output.error().code, ErrorCode::cancelled);
    }
}

TEST_F(ChannelTest, a_killed_server_fails_all_waiters_at_once) {
    start();
    std::vector<std::future<Result<std::string>>> readers;
    for (int i = 0; i < 5; ++i)
        readers.push_back(std::async(std::launch::async, [channel = waiting()] { return channel->read_all(soon()); }));
    sshd_->kill();
    for (auto& reader : readers) {
        const auto output = reader.get();
        ASSERT_FALSE(output);
        EXPECT_EQ(output.error().code, ErrorCode::unreachable);
        EXPECT_THAT(summary(output.error()), HasSubstr("127.0.0.1: the connection broke while in use: "));
    }
    const auto later = session_->exec("true", soon());
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().code, ErrorCode::unreachable);
    EXPECT_TRUE(session_->ended());
}

TEST_F(ChannelTest, a_server_that_hangs_is_noticed_by_keepalives) {
    start("", 1s);
    const auto channel = waiting();
    sshd_->signal(SIGSTOP);
    const auto output = channel->read_all(soon());
    sshd_->signal(SIGCONT);
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().code, ErrorCode::unreachable);
    EXPECT_THAT(output.error().message, HasSubstr("no answer to keepalives for 3 s"));
}

TEST_F(ChannelTest, an_idle_session_answers_the_servers_keepalives) {
    start("ClientAliveInterval 1\nClientAliveCountMax 1\n", 0s);
    const auto idle = Cancel::within(3500ms);
    while (idle.pause(100ms)) ASSERT_FALSE(session_->ended()) << session_->ended()->message;
    EXPECT_EQ(exec("echo alive")->read_all(soon()).value(), "alive\n");
}

TEST_F(ChannelTest, the_last_channel_keeps_the_session) {
    start();
    const auto channel = exec("cat");
    session_.reset();
    ASSERT_TRUE(channel->write("x", soon()));
    channel->close_input();
    EXPECT_EQ(channel->read_all(soon()).value(), "x");
}

TEST_F(ChannelTest, a_command_too_long_for_ssh_is_refused_here) {
    start();
    const auto channel = session_->exec(std::string(Session::kLongestCommand + 1, 'x'), soon());
    ASSERT_FALSE(channel);
    EXPECT_EQ(channel.error().code, ErrorCode::invalid);
    EXPECT_EQ(exec(": " + std::string(Session::kLongestCommand - 2, 'x'))->read_all(soon()).value(), "");
}

TEST_F(ChannelTest, accounts_with_a_forced_command_run_that) {
    start("ForceCommand echo forced\n");
    EXPECT_EQ(exec("echo mine")->read_all(soon()).value(), "forced\n");
}

}  // namespace
}  // namespace pigsty::ssh
