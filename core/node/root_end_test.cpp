// What happens when something does not go on: cancel, stall, silence, death.
#include "core/node/root_end.h"

#include <thread>

#include <unistd.h>

#include "core/node/programs.h"
#include "core/node/testing/node_test.h"

namespace pigsty::node {
namespace {

using namespace std::chrono_literals;

using RootEndTest = NodeTest;

const RootEndSettings kImpatientRootEnd{.silence = 1s, .touch = 100ms, .grace = 200ms};

TEST_F(RootEndTest, cancel_ends_the_script_and_keeps_the_connection) {
    const Cancel stop;
    const std::jthread user([&] {
        EXPECT_TRUE(becomes([&] { return !machine->read("/run/begun").empty(); }));
        stop.request_stop();
    });
    const auto results = node->request({RunScript{.text = "echo x > /run/begun; sleep 2" + std::to_string(::getpid())},
                                        RunScript{.text = "touch /run/never"}},
                                       stop, {});
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().code, ErrorCode::cancelled);
    EXPECT_EQ(results.error().host, "10.10.10.11");
    EXPECT_EQ(done({RunScript{.text = "ls /run/never 2>/dev/null || pgrep -cf 'sleep 2" + std::to_string(::getpid()) +
                                      "$'; true"}})
                  .at(0)
                  .out,
              "0\n");
    EXPECT_EQ(node->counters().requests, 4U);  // facts, the script, claims (it may have written some), this look
}

TEST_F(RootEndTest, a_deadline_ends_a_script_that_ignores_the_first_signal) {
    auto impatient = connect(kImpatientRootEnd);
    const auto results =
        impatient->request({RunScript{.text = "trap '' TERM; sleep 1000; sleep 1000"}}, Cancel::within(200ms), {});
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().code, ErrorCode::stalled);
    EXPECT_TRUE(impatient->request({RunScript{.text = ":"}}, cancel, {}));
}

TEST_F(RootEndTest, a_script_stalls_when_nothing_moves_and_not_before) {
    // Output, or CPU time of a descendant, is movement.
    const std::string busy =
        "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; for i in 1 2 3 4; do sleep 0.4; echo $i; done";
    const auto results = node->request({RunScript{.text = busy, .stall = 1s}}, cancel, {});
    ASSERT_TRUE(results) << summary(results.error());
    const auto stalled = node->request(
        {RunScript{.text = "echo waiting for godot; sleep 1000", .stall = 1s, .may_fail = true}}, cancel, {});
    ASSERT_FALSE(stalled);
    EXPECT_EQ(stalled.error().code, ErrorCode::stalled);
    EXPECT_EQ(stalled.error().message, "nothing moved for 1 s (no output, no CPU time): the script was ended");
    EXPECT_EQ(stalled.error().output, "waiting for godot");
    EXPECT_TRUE(node->request({RunScript{.text = ":"}}, cancel, {}));
}

TEST_F(RootEndTest, a_background_child_that_keeps_the_output_open_does_not_hold_up_the_script) {
    const auto results = done({RunScript{.text = "sleep 5 & echo done"}});
    EXPECT_EQ(results.at(0).out, "done\n");
}

TEST_F(RootEndTest, a_peer_that_falls_silent_is_given_up_and_found_again) {
    auto impatient = connect(kImpatientRootEnd);
    const auto results = impatient->request(
        {RunScript{.text = "(sleep 2; kill -CONT $PPID) & kill -STOP $PPID; sleep 1000"}}, cancel, {});
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().code, ErrorCode::unreachable);
    EXPECT_EQ(results.error().message, "nothing was heard from the node for 1 s");
    EXPECT_TRUE(impatient->request({RunScript{.text = ":"}}, cancel, {}));
}

TEST_F(RootEndTest, it_ends_with_all_that_it_started_when_nothing_is_heard_or_the_connection_goes) {
    const std::string nap = "sleep 1" + std::to_string(::getpid());  // processes are this machine's
    const std::string script =
        "trap 'echo x >> /run/ended; exit' TERM; (trap '' TERM HUP; setsid " + nap + ") & echo x >> /run/begun; wait";
    const std::string input =
        frame_text("settings", 0, 0, join_fields({"silence", "1", "touch", "0.1", "grace", "0.2"})) +
        frame_text("request", 1, 0, join_fields({command("run", {script, "", "0", "0"}).fields}));
    auto launcher = machine->launcher();
    const auto lines = [&](const std::string& path) { return machine->read(path).size() / 2; };
    const auto silent = start_program(*launcher, {}, kRootEndProgram, input, cancel);
    ASSERT_TRUE(silent) << summary(silent.error());
    EXPECT_TRUE(becomes([&] { return lines("/run/ended") == 1; }));
    {
        const auto closed = start_program(*launcher, {}, kRootEndProgram, input, cancel);
        ASSERT_TRUE(closed);
        EXPECT_TRUE(becomes([&] { return lines("/run/begun") == 2; }));
    }
    EXPECT_TRUE(becomes([&] { return lines("/run/ended") == 2; }));
    EXPECT_TRUE(becomes([&] { return *machine->run("pgrep -cf '" + nap + "$'; true") == "0\n"; }));
}

TEST_F(RootEndTest, an_idle_connection_is_kept_alive) {
    auto impatient = connect({.silence = 1500ms, .touch = 100ms, .grace = 200ms});
    const auto begun = Cancel::Clock::now();
    EXPECT_TRUE(becomes([&] { return Cancel::Clock::now() - begun > 3s; }));
    EXPECT_TRUE(impatient->request({RunScript{.text = ":"}}, cancel, {}));
    EXPECT_EQ(impatient->counters().requests, 2U);
}

TEST_F(RootEndTest, a_root_end_that_dies_is_an_error_of_that_request_only) {
    const auto results = node->request({RunScript{.text = "kill -9 $PPID"}}, cancel, {});
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().code, ErrorCode::unreachable);
    EXPECT_EQ(done({RunScript{.text = "echo back"}}).at(0).out, "back\n");
}

TEST_F(RootEndTest, ten_threads_share_one_node_and_none_waits_past_its_time) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 10; ++i)
        threads.emplace_back([&, i] {
            for (int turn = 0; turn < 5; ++turn) {
                const auto text = std::to_string(100 * i + turn);
                const auto results = node->request({RunScript{.text = "echo " + text}}, cancel, {});
                ASSERT_TRUE(results) << summary(results.error());
                EXPECT_EQ((*results)[0].out, text + "\n");
                EXPECT_TRUE(node->observe({{ProbeKind::path, "/etc/passwd"}}, cancel));
            }
        });
    threads.clear();
    const std::jthread busy([&] {
        EXPECT_TRUE(node->request({RunScript{.text = "echo x > /run/busy; while [ -e /run/busy ]; do sleep 0.1; done"}},
                                  cancel, {}));
    });
    EXPECT_TRUE(becomes([&] { return !machine->read("/run/busy").empty(); }));
    const auto late = node->request({RunScript{.text = ":"}}, Cancel::within(50ms), {});
    EXPECT_TRUE(machine->run("rm /run/busy"));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::stalled);
}

TEST_F(RootEndTest, what_the_login_prints_is_skipped_and_what_goes_wrong_is_said) {
    class Noisy : public Launcher {
      public:
        Noisy(std::shared_ptr<Launcher> real, std::string before)
            : real_(std::move(real)), before_(std::move(before)) {}
        Result<std::unique_ptr<RemoteProcess>> start(const std::string& command, const Cancel& cancel) override {
            return real_->start(before_ + "\n" + command, cancel);
        }
        [[nodiscard]] std::string login_user() const override { return "vagrant"; }

      private:
        std::shared_ptr<Launcher> real_;
        std::string before_;
    };
    // A sudo of ours answers as the real one does.
    const auto with_sudo = [&](const std::string& sudo, Secret password = {}) {
        EXPECT_TRUE(machine->run("cat > /usr/local/bin/sudo <<'EOF'\n#!/bin/sh\n" + sudo +
                                 "\nEOF\nchmod 755 /usr/local/bin/sudo"));
        return RemoteNode::connect(
            {.address = {.address = "10.10.10.11"},
             .launcher = std::make_shared<Noisy>(machine->launcher(), "echo Welcome to Linux; echo 'last login' >&2"),
             .become = {.password = std::move(password)}},
            cancel);
    };
    const std::string run_it = "while [ \"$1\" != perl ]; do shift; done; exec \"$@\"";
    EXPECT_TRUE(with_sudo(run_it));
    const std::string ask =
        "[ \"$3\" = -p ] || exit 9; printf '%s' \"$4\" >&2; read -r p; [ \"$p\" = 'pass word' ] || { echo Sorry, try "
        "again. >&2; "
        "printf '%s' \"$4\" >&2; read -r p; exit 1; }\n";
    EXPECT_TRUE(with_sudo(ask + run_it, Secret("pass word")));
    EXPECT_TRUE(with_sudo(run_it, Secret("pass word")));  // a password is configured, but nobody asks

    const auto message_of = [](const auto& result) {
        return result ? std::string("it worked")
                      : to_string(result.error().code).data() + (": " + result.error().message);
    };
    EXPECT_EQ(message_of(with_sudo(ask + run_it, Secret("wrong"))), "denied: sudo did not accept the password");
    EXPECT_EQ(message_of(with_sudo("echo 'sudo: a password is required' >&2; exit 1")),
              "denied: sudo asks for a password, and none is configured");
    EXPECT_EQ(message_of(with_sudo("echo 'vagrant is not in the sudoers file.' >&2; exit 1")),
              "denied: the login user \"vagrant\" may not become root with sudo");
    EXPECT_EQ(message_of(with_sudo("echo 'sudo: perl: command not found' >&2; exit 1")),
              "unsupported: there is no perl on the node");
}

}  // namespace
}  // namespace pigsty::node
