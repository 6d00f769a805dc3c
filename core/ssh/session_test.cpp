#include "core/ssh/session.h"

#include <chrono>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/base/quote.h"
#include "core/ssh/test_sshd.h"

namespace pigsty::ssh {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

Result<std::string> output_of(const std::shared_ptr<Session>& session, const std::string& command) {
    const Cancel cancel = soon();
    TRY(const auto channel, session->exec(command, cancel));
    TRY(auto output, channel->read_all(cancel));
    TRY(const int status, channel->exit_status(cancel));
    if (status != 0) return fail(ErrorCode::failed, "exit status " + std::to_string(status));
    return output;
}

// Logs in and runs a command; the error's text where it fails.
std::string outcome(TestSshd& sshd, const Route& route) {
    const auto session = Session::connect(route, sshd.host_keys(), soon());
    if (!session) return "error " + std::string(to_string(session.error().code)) + ": " + session.error().message;
    const auto output = output_of(*session, "echo hello");
    return output ? *output : "error " + output.error().message;
}

Route with(TestSshd& sshd, Credentials credentials) {
    Route route = sshd.route();
    route.credentials = std::move(credentials);
    return route;
}

// ---- logging in

TEST(Login, takes_every_kind_of_key) {
    TestSshd sshd;
    for (const std::string name : {"ed25519", "rsa", "rsa_pem", "ecdsa", "ecdsa521_pem"})
        EXPECT_EQ(outcome(sshd, with(sshd, {.private_key_file = user_key(name)})), "hello\n") << name;
}

TEST(Login, rsa_keys_sign_with_sha2) {
    TestSshd sshd({.config = "PubkeyAcceptedAlgorithms rsa-sha2-512\n"});
    EXPECT_EQ(outcome(sshd, with(sshd, {.private_key_file = user_key("rsa")})), "hello\n");
}

TEST(Login, takes_a_key_given_as_text) {
    TestSshd sshd;
    EXPECT_EQ(outcome(sshd, with(sshd, {.private_key = Secret(read_text(user_key("ed25519")))})), "hello\n");
}

TEST(Login, opens_encrypted_keys) {
    TestSshd sshd;
    for (const std::string name : {"locked", "locked_pem"}) {
        const Credentials right{.private_key_file = user_key(name), .passphrase = Secret(TestSshd::kPassphrase)};
        EXPECT_EQ(outcome(sshd, with(sshd, right)), "hello\n") << name;
        const Credentials wrong{.private_key_file = user_key(name), .passphrase = Secret("wrong")};
        EXPECT_THAT(outcome(sshd, with(sshd, wrong)),
                    HasSubstr("error denied: " + user_key(name) + " cannot be opened with the passphrase given"));
        EXPECT_EQ(outcome(sshd, with(sshd, {.private_key_file = user_key(name)})),
                  "error denied: " + user_key(name) + " is encrypted and no passphrase is given");
    }
}

TEST(Login, takes_user_certificates) {
    TestSshd sshd;
    for (const std::string name : {"certified", "certified_rsa", "certified_ecdsa"}) {
        EXPECT_THAT(outcome(sshd, with(sshd, {.private_key_file = user_key(name)})), HasSubstr("error denied")) << name;
        EXPECT_EQ(outcome(sshd, with(sshd, {.private_key_file = user_key(name),
                                            .certificate_file = user_key(name + "-cert.pub")})),
                  "hello\n")
            << name;
    }
    EXPECT_EQ(outcome(sshd, with(sshd, {.private_key_file = user_key("certified"),
                                        .certificate_file = user_key("ed25519.pub")})),
              "error invalid: " + user_key("ed25519.pub") + " holds no OpenSSH user certificate");
}

TEST(Login, takes_keys_and_certificates_from_an_agent) {
    TestSshd sshd;
    for (const std::string name : {"ed25519", "rsa", "ecdsa", "certified", "certified_rsa"}) {
        const TestFolder folder;
        const std::string socket = folder.path("agent");
        const std::string pid =
            run_shell("ssh-agent -s -a " + socket + " | sed -n 's/.*SSH_AGENT_PID=\\([0-9]*\\).*/\\1/p'");
        run_shell("SSH_AUTH_SOCK=" + socket + " ssh-add -q " + user_key("stranger") + " " + user_key(name) + " 2>&1");
        EXPECT_EQ(outcome(sshd, with(sshd, {.agent = true, .agent_socket = socket})), "hello\n") << name;
        run_shell("SSH_AUTH_SOCK=" + socket + " ssh-add -q -D 2>&1");
        EXPECT_THAT(outcome(sshd, with(sshd, {.agent = true, .agent_socket = socket})),
                    HasSubstr("tried agent (it holds no key)"));
        run_shell("kill " + pid);
    }
    EXPECT_THAT(outcome(sshd, with(sshd, {.agent = true, .agent_socket = "/nonexistent"})),
                HasSubstr("error denied: no SSH agent answers at /nonexistent"));
}

TEST(Login, an_agent_that_never_answers_is_stopped_by_cancel) {
    TestSshd sshd;
    const TestFolder folder;
    const std::string path = folder.path("agent");
    const FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    const auto session =
        Session::connect(with(sshd, {.agent = true, .agent_socket = path}), sshd.host_keys(), Cancel::within(500ms));
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::stalled);
    EXPECT_THAT(session.error().message, HasSubstr("waiting for the SSH agent"));
}

TEST(Login, takes_a_password) {
    TestSshd sshd({.config = "PasswordAuthentication yes\n"});
    EXPECT_EQ(outcome(sshd, with(sshd, {.password = Secret(TestSshd::kPassword)})), "hello\n");
    EXPECT_EQ(outcome(sshd, with(sshd, {.password = Secret("wrong")})),
              "error denied: login as root was refused: tried password; the server takes publickey,password");
}

TEST(Login, answers_questions_with_the_password) {
    TestSshd sshd({.config = "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n"});
    EXPECT_EQ(outcome(sshd, with(sshd, {.password = Secret(TestSshd::kPassword)})), "hello\n");
    EXPECT_THAT(outcome(sshd, with(sshd, {.password = Secret("wrong")})),
                HasSubstr("tried keyboard-interactive with the password"));
}

TEST(Login, gives_key_and_password_where_the_server_wants_both) {
    for (const std::string second : {"password", "keyboard-interactive"}) {
        TestSshd sshd({.config = "UsePAM yes\nPasswordAuthentication yes\nKbdInteractiveAuthentication yes\n"
                                 "AuthenticationMethods publickey," +
                                 second + "\n"});
        Credentials both{.private_key_file = user_key("ed25519"), .password = Secret(TestSshd::kPassword)};
        EXPECT_EQ(outcome(sshd, with(sshd, both)), "hello\n") << second;
        both.password = Secret("wrong");
        EXPECT_THAT(outcome(sshd, with(sshd, both)), HasSubstr("error denied: login as root was refused"));
    }
}

TEST(Login, refusal_names_what_was_tried) {
    TestSshd sshd;
    const auto session =
        Session::connect(with(sshd, {.private_key_file = user_key("stranger")}), sshd.host_keys(), soon());
    ASSERT_FALSE(session);
    const std::string fingerprint = run_shell("ssh-keygen -lf " + user_key("stranger.pub") + " | cut -d' ' -f2");
    EXPECT_EQ(summary(session.error()), "127.0.0.1: login as root was refused: tried key " + user_key("stranger") +
                                            " (" + fingerprint.substr(0, fingerprint.size() - 1) +
                                            "); the server takes publickey");
    EXPECT_THAT(session.error().hint, HasSubstr("~root/.ssh/authorized_keys"));
    EXPECT_THAT(outcome(sshd, with(sshd, {})), HasSubstr("no key, agent or password is given"));
}

TEST(Login, too_many_keys_of_an_agent_are_a_refusal) {
    TestSshd sshd({.config = "MaxAuthTries 2\n"});
    const TestFolder folder;
    const std::string socket = folder.path("agent");
    const std::string pid =
        run_shell("ssh-agent -s -a " + socket + " | sed -n 's/.*SSH_AGENT_PID=\\([0-9]*\\).*/\\1/p'");
    for (const std::string name : {"stranger", "certified_ecdsa", "ca"})
        run_shell("SSH_AUTH_SOCK=" + socket + " ssh-add -q " + user_key(name) + " 2>&1");
    EXPECT_THAT(outcome(sshd, with(sshd, {.agent = true, .agent_socket = socket})),
                ::testing::AllOf(HasSubstr("error denied: login as root was refused"),
                                 HasSubstr("Too many authentication failures")));
    run_shell("kill " + pid);
}

TEST(Login, missing_and_wrong_files_are_named) {
    TestSshd sshd;
    EXPECT_EQ(outcome(sshd, with(sshd, {.private_key_file = "/nonexistent/key"})),
              "error denied: private_key_file: cannot read /nonexistent/key: No such file or directory");
    EXPECT_THAT(outcome(sshd, with(sshd, {.private_key_file = user_key("ed25519.pub")})),
                HasSubstr("holds no private key"));
}

// ---- host keys

TEST(HostKey, changed_key_is_refused_with_both_fingerprints) {
    TestSshd sshd;
    TestSshd other;
    HostKeys keys({.pinned = {{"127.0.0.1", other.host_key()}}});
    const auto session = Session::connect(sshd.route(), keys, soon());
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::denied);
    EXPECT_EQ(session.error().message,
              "the host key changed: expected ssh-ed25519 " + parse_public_key(other.host_key())->fingerprint() +
                  " (host_keys), found ssh-ed25519 " + parse_public_key(sshd.host_key())->fingerprint());
    EXPECT_THAT(sshd.log(), Not(HasSubstr("Accepted publickey"))) << "nothing is sent before the host key is believed";
}

TEST(HostKey, accept_new_records_and_refuses_a_change) {
    const TestFolder folder;
    const std::string file = folder.path("ssh/known_hosts");
    TestSshd sshd;
    {
        HostKeys keys({.policy = HostKeyPolicy::accept_new, .files = {file}});
        ASSERT_TRUE(Session::connect(sshd.route(), keys, soon()));
        ASSERT_TRUE(Session::connect(sshd.route(), keys, soon()));
    }
    const std::string name = "[127.0.0.1]:" + std::to_string(sshd.port());
    EXPECT_EQ(read_text(file), name + " " + parse_public_key(sshd.host_key())->line() + "\n");
    HostKeys strict({.files = {file}});
    EXPECT_TRUE(Session::connect(sshd.route(), strict, soon())) << "what was recorded counts";

    write_text(file, name + " " + parse_public_key(TestSshd().host_key())->line() + "\n");
    HostKeys keys({.policy = HostKeyPolicy::accept_new, .files = {file}});
    const auto changed = Session::connect(sshd.route(), keys, soon());
    ASSERT_FALSE(changed);
    EXPECT_THAT(changed.error().message, HasSubstr("the host key changed: expected"));
    EXPECT_THAT(changed.error().hint, HasSubstr("ssh-keygen -R '" + name + "'"));
}

TEST(HostKey, unknown_host_is_refused_when_strict) {
    TestSshd sshd;
    HostKeys keys({.files = {"/nonexistent/known_hosts"}});
    const auto session = Session::connect(sshd.route(), keys, soon());
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::denied);
    EXPECT_THAT(session.error().message, HasSubstr("the host key is not known: expected an entry for [127.0.0.1]:"));
    EXPECT_THAT(session.error().hint, HasSubstr(parse_public_key(sshd.host_key())->line()));
}

TEST(HostKey, the_type_that_is_known_is_asked_for) {
    TestSshd sshd({.host_keys = {"ed25519", "rsa", "ecdsa"}});
    for (const std::string type : {"ed25519", "rsa", "ecdsa"}) {
        HostKeys keys({.pinned = {{"127.0.0.1", sshd.host_key(type)}}});
        const auto session = Session::connect(sshd.route(), keys, soon());
        EXPECT_TRUE(session) << type << ": " << session.error().message;
    }
}

// ---- ways to the node

TEST(Bastion, two_in_a_row_each_with_its_own_key) {
    TestSshd first;
    TestSshd second;
    TestSshd node({.config = "AllowTcpForwarding no\n"});
    Route route = node.route();
    route.bastions = {{first.route().endpoint, {.private_key_file = user_key("rsa")}},
                      {second.route().endpoint, {.private_key_file = user_key("ecdsa")}}};
    HostKeys keys({.pinned = {{"[127.0.0.1]:" + std::to_string(first.port()), first.host_key()},
                              {"[127.0.0.1]:" + std::to_string(second.port()), second.host_key()},
                              {"[127.0.0.1]:" + std::to_string(node.port()), node.host_key()}}});
    const auto session = Session::connect(route, keys, soon());
    ASSERT_TRUE(session) << session.error().message;
    // Enough to fill every buffer on the way, several times.
    const auto output = output_of(*session, "head -c 20000000 /dev/zero | tr '\\0' x");
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(output->size(), 20000000U);
    EXPECT_THAT(first.log(), HasSubstr("Accepted publickey for root from 127.0.0.1"));

    second.kill();
    const auto after = output_of(*session, "true");
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code, ErrorCode::unreachable);
    EXPECT_THAT(after.error().message, HasSubstr("through bastion 127.0.0.1: the connection broke"));
}

TEST(Bastion, refusals_name_the_bastion) {
    TestSshd bastion({.config = "AllowTcpForwarding no\n"});
    TestSshd node;
    Route route = node.route();
    route.bastions = {{bastion.route().endpoint, bastion.route().credentials}};
    HostKeys keys({.pinned = {{"127.0.0.1", bastion.host_key() + node.host_key()}}});
    const auto session = Session::connect(route, keys, soon());
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::denied);
    EXPECT_THAT(session.error().message, HasSubstr("as a bastion it cannot reach 127.0.0.1 port"));
    EXPECT_THAT(session.error().hint, HasSubstr("AllowTcpForwarding"));
}

TEST(ProxyCommand, carries_the_session_and_ends_with_it) {
    TestSshd sshd;
    TestSshd hop;
    const TestFolder folder;
    Route route = sshd.route();
    route.proxy_command = "sh -c 'echo $$ > " + folder.path("pid") + "; exec ssh -F none -o BatchMode=yes " +
                          "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i " + user_key("ed25519") +
                          " -p " + std::to_string(hop.port()) + " -W %h:%p root@127.0.0.1'";
    {
        const auto session = Session::connect(route, sshd.host_keys(), soon());
        ASSERT_TRUE(session) << session.error().message << session.error().output;
        EXPECT_EQ(output_of(*session, "echo hello").value_or("?"), "hello\n");
    }
    EXPECT_NE(::kill(std::stoi(read_text(folder.path("pid"))), 0), 0) << "the proxy is still there";
}

TEST(ProxyCommand, its_own_words_explain_a_failure) {
    TestSshd sshd;
    Route route = sshd.route();
    route.proxy_command = "sh -c 'echo no route to the proxy >&2; exit 1'";
    const auto session = Session::connect(route, sshd.host_keys(), soon());
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::unreachable);
    EXPECT_EQ(session.error().output, "no route to the proxy");
}

// ---- hosts that do not answer

TEST(Connect, nobody_listens) {
    std::uint16_t port = 0;
    Route route;
    {
        TestSshd sshd;
        port = sshd.port();
        route = sshd.route();
    }
    HostKeys keys{HostKeys::Options{}};
    const auto session = Session::connect(route, keys, soon());
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::unreachable);
    EXPECT_EQ(summary(session.error()),
              "127.0.0.1: cannot connect to port " + std::to_string(port) + " (127.0.0.1: Connection refused)");
}

TEST(Connect, names_resolve_and_unknown_ones_are_said) {
    TestSshd sshd;
    Route route = sshd.route();
    route.endpoint.host = "localhost";
    HostKeys keys({.pinned = {{"localhost", sshd.host_key()}}});
    const auto session = Session::connect(route, keys, soon());
    EXPECT_TRUE(session) << session.error().message;
    route.endpoint.host = "no-such-host.invalid";
    const auto unknown = Session::connect(route, keys, soon());
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::unreachable);
    EXPECT_THAT(summary(unknown.error()), HasSubstr("no-such-host.invalid: the name does not resolve"));
}

TEST(Connect, a_server_that_says_nothing_is_stopped_by_cancel) {
    TestSshd sshd;
    sshd.signal(SIGSTOP);
    const auto session = Session::connect(sshd.route(), sshd.host_keys(), Cancel::within(200ms));
    sshd.signal(SIGCONT);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::stalled);
    EXPECT_EQ(session.error().host, "127.0.0.1");
}

}  // namespace
}  // namespace pigsty::ssh
