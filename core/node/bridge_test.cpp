#include "core/node/bridge.h"

#include <cstring>
#include <filesystem>

#include <sys/socket.h>
#include <sys/un.h>

#include "core/node/local_socket.h"
#include "core/node/testing/node_test.h"

namespace pigsty::node {
namespace {

using namespace std::chrono_literals;

// Echoes on a unix socket and a TCP port of the machine; the user who connects is told first where `whoami` is in the name.
constexpr const char* kServer = R"(
use IO::Socket::UNIX; use IO::Socket::INET; use IO::Select; use Socket;
$SIG{CHLD} = 'IGNORE';
my $echo = IO::Socket::UNIX->new(Local => '/run/echo', Listen => 64);
my $who = IO::Socket::UNIX->new(Local => '/run/whoami', Listen => 64);
my $tcp = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 4321, Listen => 64, ReuseAddr => 1);
my $mute = IO::Socket::UNIX->new(Local => '/run/mute', Listen => 64);
chmod 0777, '/run/echo', '/run/whoami', '/run/mute';
open my $ready, '>', '/run/ready'; print $ready 'x'; close $ready;
my $all = IO::Select->new($echo, $who, $tcp, $mute);
my @kept;
while (my @ready = $all->can_read) {
    for my $listener (@ready) {
        my $peer = $listener->accept or next;
        if ($listener == $mute) { push @kept, $peer; next }
        next if fork;
        if ($listener == $who) {
            my ($pid, $uid) = unpack 'iii', getsockopt $peer, SOL_SOCKET, 17;
            syswrite $peer, getpwuid($uid) . "\n";
        }
        while (sysread $peer, my $bytes, 65536) {
            my $at = 0;
            $at += syswrite $peer, $bytes, length($bytes) - $at, $at while $at < length $bytes;
        }
        exit;
    }
})";

class BridgeTest : public NodeTest {
  protected:
    void SetUp() override {
        NodeTest::SetUp();
        if (!machine) return;
        ASSERT_EQ(
            done({PutFile{.path = "/run/server.pl", .content = kServer},
                  RunScript{.text =
                                "setsid perl /run/server.pl </dev/null >/dev/null 2>&1 & echo $! > /run/server.pid"}})
                .size(),
            2U);
        ASSERT_TRUE(becomes([&] { return machine->read("/run/ready") == "x"; }));
    }
    void TearDown() override {
        if (!machine) return;
        EXPECT_TRUE(machine->run("kill $(cat /run/server.pid)"));
    }
    std::shared_ptr<Stream> open(const std::string& target, const std::string& user = "root") {
        auto stream = node->open_stream(user, target, cancel);
        EXPECT_TRUE(stream) << summary(stream.error()) << detail(stream.error());
        return stream.value_or(nullptr);
    }
    std::string read_all(Stream& stream) {
        std::string text;
        std::array<char, 65536> buffer;
        while (true) {
            const auto count = stream.read(buffer, cancel);
            EXPECT_TRUE(count) << summary(count.error());
            if (!count || *count == 0) return text;
            text.append(buffer.data(), *count);
        }
    }
};

TEST_F(BridgeTest, carries_bytes_to_unix_sockets_and_ports) {
    for (const std::string target : {"unix:/run/echo", "tcp:127.0.0.1:4321"}) {
        const auto stream = open(target);
        ASSERT_TRUE(stream);
        ASSERT_TRUE(stream->write(std::string("a\0b\n", 4), cancel));
        stream->close_input();
        EXPECT_EQ(read_all(*stream), std::string("a\0b\n", 4));
    }
}

TEST_F(BridgeTest, connects_as_the_user_it_was_asked_for) {
    for (const std::string user : {"root", "games"}) {
        const auto stream = open("unix:/run/whoami", user);
        ASSERT_TRUE(stream);
        stream->close_input();
        EXPECT_EQ(read_all(*stream), user + "\n");
    }
    const auto nobody = node->open_stream("no-such-user", "unix:/run/echo", cancel);
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().message, "connecting to unix:/run/echo: there is no user no-such-user on the node");
}

TEST_F(BridgeTest, says_why_nothing_answers) {
    const auto message_of = [&](const std::string& target) {
        const auto stream = node->open_stream("root", target, cancel);
        return stream ? "it connected" : stream.error().message;
    };
    EXPECT_EQ(message_of("unix:/run/absent"), "connecting to unix:/run/absent: No such file or directory");
    EXPECT_EQ(message_of("tcp:127.0.0.1:1"), "connecting to tcp:127.0.0.1:1: Connection refused");
    EXPECT_EQ(message_of("nonsense"), "connecting to nonsense: not a target: nonsense");
    EXPECT_EQ(message_of("unix:/" + std::string(200, 'x')),
              "connecting to unix:/" + std::string(200, 'x') + ": the path of the socket is too long");
}

TEST_F(BridgeTest, twenty_streams_side_by_side_and_none_waits_for_the_one_nobody_reads) {
    // Neither our side of this one reads nor the other side of that one: both windows fill up.
    const auto unread = open("unix:/run/echo");
    const auto mute = open("unix:/run/mute");
    ASSERT_TRUE(unread && mute);
    const std::string flood(2'000'000, 'f');
    EXPECT_EQ(unread->write(flood, Cancel::within(300ms)).error().code, ErrorCode::stalled);
    EXPECT_EQ(mute->write(flood, Cancel::within(300ms)).error().code, ErrorCode::stalled);

    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i)
        threads.emplace_back([&, i] {
            const auto stream = open(i % 2 == 0 ? "unix:/run/echo" : "tcp:127.0.0.1:4321");
            ASSERT_TRUE(stream);
            const std::string text(1'000'000 + static_cast<std::size_t>(i), static_cast<char>('a' + i));
            const std::jthread writer([&] {
                EXPECT_TRUE(stream->write(text, cancel));
                stream->close_input();
            });
            EXPECT_TRUE(read_all(*stream) == text);
        });
    threads.clear();
}

TEST_F(BridgeTest, a_wait_ends_with_its_cancel_and_the_stream_goes_on) {
    const auto stream = open("unix:/run/echo");
    ASSERT_TRUE(stream);
    std::array<char, 16> buffer{};
    EXPECT_EQ(stream->read(buffer, Cancel::within(50ms)).error().code, ErrorCode::stalled);
    const Cancel stop;
    std::jthread user([&] { stop.request_stop(); });
    EXPECT_EQ(stream->read(buffer, stop).error().code, ErrorCode::cancelled);
    EXPECT_TRUE(stream->write("x", cancel));
    EXPECT_EQ(stream->read(buffer, cancel), 1U);
}

TEST_F(BridgeTest, a_bridge_that_dies_ends_its_streams_and_the_next_one_takes_over) {
    const auto stream = open("unix:/run/echo", "games");
    ASSERT_TRUE(stream);
    ASSERT_TRUE(machine->run("pkill -9 --ns $$ --nslist net -x pigsty-bridge"));
    std::array<char, 16> buffer{};
    const auto count = stream->read(buffer, cancel);
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().code, ErrorCode::unreachable);
    EXPECT_TRUE(open("unix:/run/echo", "games"));
}

class LocalSocketTest : public BridgeTest {
  protected:
    static FileHandle connect_to(const std::string& path) {
        FileHandle socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        return socket;
    }
    static std::string read_to_end(int fd) {
        std::string text;
        std::array<char, 4096> buffer;
        for (ssize_t count = 0; (count = ::read(fd, buffer.data(), buffer.size())) > 0;)
            text.append(buffer.data(), static_cast<std::size_t>(count));
        return text;
    }
};

TEST_F(LocalSocketTest, ends_at_the_socket_on_the_node_and_is_private) {
    std::string folder;
    {
        const auto socket = LocalSocket::listen(node, "games", "unix:/run/whoami", ".s.PGSQL.5432");
        ASSERT_TRUE(socket) << summary(socket.error());
        folder = (*socket)->folder();
        EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                const auto connection = connect_to((*socket)->path());
                EXPECT_EQ(::send(connection.get(), "hello", 5, 0), 5);
                ::shutdown(connection.get(), SHUT_WR);
                EXPECT_EQ(read_to_end(connection.get()), "games\nhello");
            });
        threads.clear();
        EXPECT_EQ((*socket)->last_error(), std::nullopt);
        const auto open_at_the_end = connect_to((*socket)->path());
        EXPECT_EQ(::send(open_at_the_end.get(), "x", 1, 0), 1);
    }
    EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(LocalSocketTest, closes_and_says_why_when_nothing_listens_there) {
    const auto socket = LocalSocket::listen(node, "root", "unix:/run/absent", "s");
    ASSERT_TRUE(socket);
    const auto connection = connect_to((*socket)->path());
    EXPECT_EQ(read_to_end(connection.get()), "");
    EXPECT_TRUE(becomes([&] { return (*socket)->last_error().has_value(); }));
    EXPECT_EQ((*socket)->last_error()->message, "connecting to unix:/run/absent: No such file or directory");
}

}  // namespace
}  // namespace pigsty::node
