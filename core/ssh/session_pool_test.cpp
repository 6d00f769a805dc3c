#include "core/ssh/session_pool.h"

#include <chrono>
#include <future>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/ssh/file_descriptor.h"
#include "core/ssh/test_sshd.h"

namespace pigsty::ssh {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::shared_ptr<HostKeys> pins(const std::string& keys) {
    return std::make_shared<HostKeys>(HostKeys::Options{.pinned = {{"127.0.0.1", keys}}});
}

std::size_t logins(const TestSshd& sshd) {
    const std::string log = sshd.log();
    std::size_t count = 0;
    for (auto at = log.find("Accepted publickey"); at != std::string::npos; at = log.find("Accepted publickey", at + 1))
        ++count;
    return count;
}

TEST(SessionPool, ten_threads_share_one_connection) {
    TestSshd sshd;
    SessionPool pool(pins(sshd.host_key()));
    std::vector<std::future<Result<std::shared_ptr<Session>>>> callers;
    for (int i = 0; i < 10; ++i)
        callers.push_back(std::async(std::launch::async, [&] { return pool.session(sshd.route(), soon()); }));
    std::set<Session*> sessions;
    for (auto& caller : callers) {
        const auto session = caller.get();
        ASSERT_TRUE(session) << session.error().message;
        sessions.insert(session->get());
    }
    EXPECT_EQ(sessions.size(), 1U);
    EXPECT_EQ(logins(sshd), 1U);
}

TEST(SessionPool, a_refusal_is_told_to_all_and_not_tried_again) {
    TestSshd sshd;
    SessionPool pool(pins(sshd.host_key()));
    Route route = sshd.route();
    route.credentials = {.private_key_file = user_key("stranger")};
    std::vector<std::future<Result<std::shared_ptr<Session>>>> callers;
    for (int i = 0; i < 5; ++i)
        callers.push_back(std::async(std::launch::async, [&] { return pool.session(route, soon()); }));
    for (auto& caller : callers) EXPECT_EQ(caller.get().error().code, ErrorCode::denied);
}

TEST(SessionPool, a_machine_that_starts_later_is_waited_for) {
    TestSshd sshd;
    sshd.kill();
    SessionPool pool(pins(sshd.host_key()));
    auto session = std::async(std::launch::async, [&] { return pool.session(sshd.route(), soon()); });
    // One attempt has certainly failed.
    ASSERT_EQ(session.wait_for(700ms), std::future_status::timeout);
    sshd.start();
    const auto connected = session.get();
    EXPECT_TRUE(connected) << connected.error().message;
}

TEST(SessionPool, patience_ends_with_connect_timeout) {
    TestSshd sshd;
    sshd.kill();
    SessionPool pool(pins(sshd.host_key()));
    Route route = sshd.route();
    route.connect_timeout = 1s;
    const auto session = pool.session(route, soon());
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::unreachable);
    EXPECT_THAT(session.error().message,
                HasSubstr("no SSH session within 1 s (connect_timeout): cannot connect to port"));
}

TEST(SessionPool, an_attempt_that_is_cut_short_names_the_cause_of_the_one_before) {
    TestSshd sshd;
    sshd.kill();
    SessionPool pool(pins(sshd.host_key()));
    Route route = sshd.route();
    route.connect_timeout = 3s;
    auto session = std::async(std::launch::async, [&] { return pool.session(route, soon()); });
    // One attempt has certainly failed.
    ASSERT_EQ(session.wait_for(700ms), std::future_status::timeout);
    // Something accepts connections now, and says nothing.
    const FileDescriptor mute(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(mute.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(route.endpoint.port), .sin_addr = {}, .sin_zero = {}};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(mute.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(mute.get(), 8), 0);
    const auto outcome = session.get();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::unreachable);
    EXPECT_THAT(outcome.error().message, HasSubstr("no SSH session within 3 s (connect_timeout): out of time while"));
    EXPECT_THAT(outcome.error().message, HasSubstr("; before that: cannot connect to port"));
    EXPECT_THAT(outcome.error().hint, HasSubstr("is the machine running"));
}

TEST(SessionPool, one_try_fails_at_once_and_is_remembered) {
    TestSshd sshd;
    sshd.kill();
    SessionPool pool(pins(sshd.host_key()));
    EXPECT_EQ(pool.session(sshd.route(), soon(), Patience::one_try).error().code, ErrorCode::unreachable);
    sshd.start();
    EXPECT_FALSE(pool.session(sshd.route(), soon(), Patience::one_try)) << "the next resource does not wait again";
    const auto patient = pool.session(sshd.route(), soon());
    EXPECT_TRUE(patient) << patient.error().message;
    EXPECT_TRUE(pool.session(sshd.route(), soon(), Patience::one_try));
}

TEST(SessionPool, a_session_that_ended_is_replaced) {
    TestSshd sshd;
    SessionPool pool(pins(sshd.host_key()));
    const auto first = pool.session(sshd.route(), soon());
    ASSERT_TRUE(first);
    sshd.kill();
    sshd.start();
    const Cancel patience = soon();
    while (!(*first)->ended() && patience.pause(5ms)) {
    }
    const auto second = pool.session(sshd.route(), soon());
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_NE(first->get(), second->get());
    const auto channel = (*second)->exec("echo back", soon());
    ASSERT_TRUE(channel);
    EXPECT_EQ((*channel)->read_all(soon()).value(), "back\n");
}

TEST(SessionPool, nodes_behind_one_bastion_share_the_connection_to_it) {
    TestSshd bastion;
    TestSshd first;
    TestSshd second;
    SessionPool pool(pins(bastion.host_key() + first.host_key() + second.host_key()));
    std::vector<std::future<Result<std::shared_ptr<Session>>>> callers;
    for (const TestSshd* node : {&first, &second}) {
        Route route = node->route();
        route.bastions = {{bastion.route().endpoint, bastion.route().credentials}};
        callers.push_back(std::async(std::launch::async, [&pool, route] { return pool.session(route, soon()); }));
    }
    for (auto& caller : callers) {
        const auto session = caller.get();
        ASSERT_TRUE(session) << session.error().message;
        const auto channel = (*session)->exec("echo $SSH_CONNECTION", soon());
        ASSERT_TRUE(channel);
        EXPECT_THAT((*channel)->read_all(soon()).value(), HasSubstr("127.0.0.1"));
    }
    EXPECT_EQ(logins(bastion), 1U);
}

TEST(SessionPool, a_waiter_that_is_cancelled_leaves_the_others_alone) {
    TestSshd sshd;
    sshd.kill();
    SessionPool pool(pins(sshd.host_key()));
    const Cancel impatient;
    auto first = std::async(std::launch::async, [&] { return pool.session(sshd.route(), impatient); });
    auto second = std::async(std::launch::async, [&] { return pool.session(sshd.route(), soon()); });
    ASSERT_EQ(second.wait_for(300ms), std::future_status::timeout);
    impatient.request_stop();
    EXPECT_FALSE(first.get());
    sshd.start();
    const auto session = second.get();
    EXPECT_TRUE(session) << session.error().message;
}

}  // namespace
}  // namespace pigsty::ssh
