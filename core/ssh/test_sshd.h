// TestSshd: a real OpenSSH server on loopback with keys and configuration of its own, for the tests of this folder.
//
//     TestSshd sshd({.config = "MaxSessions 3\n"});
//     auto session = Session::connect(sshd.route(), sshd.host_keys(), cancel);
//
// It runs in a mount namespace where /etc/shadow gives root the password TestSshd::kPassword, PAM knows nothing else and
// root's home is empty: the machine's accounts neither matter nor are touched. Needs root and openssh-server; a test that
// lacks them fails and says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/base/cancel.h"
#include "core/ssh/host_keys.h"
#include "core/ssh/route.h"

namespace pigsty::ssh {

// A folder that goes with its owner.
class TestFolder {
  public:
    TestFolder();
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    [[nodiscard]] std::string path(const std::string& name) const { return (root_ / name).string(); }

  private:
    std::filesystem::path root_;
};

std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& text);
// Runs a shell command line and returns its standard output; fails the test when it fails.
std::string run_shell(const std::string& command);

// Keys of users, made once: "ed25519", "rsa", "rsa_pem", "ecdsa", "ecdsa521_pem", "locked" (OpenSSH format, passphrase
// "open sesame"), "locked_pem" (PKCS#8, the same passphrase), "stranger" (not authorized), "certified" (only through
// certified-cert.pub, signed by "ca").
std::string user_key(const std::string& name);

class TestSshd {
  public:
    static constexpr const char* kPassword = "correct horse";
    static constexpr const char* kPassphrase = "open sesame";

    struct Options {
        std::string config{};                           // more lines of sshd_config; the first word on a matter counts
        std::vector<std::string> host_keys{"ed25519"};  // types, as ssh-keygen -t calls them
    };
    TestSshd() : TestSshd(Options()) {}
    explicit TestSshd(const Options& options);
    ~TestSshd();
    TestSshd(const TestSshd&) = delete;
    TestSshd& operator=(const TestSshd&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    // By "ed25519" key, as root.
    [[nodiscard]] Route route() const;
    // Line of the public host key.
    [[nodiscard]] std::string host_key(const std::string& type = "ed25519") const;
    // Strict, with this server's keys pinned.
    [[nodiscard]] HostKeys& host_keys() { return *host_keys_; }
    [[nodiscard]] std::string log() const;
    [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }

    // The server and all processes of its connections.
    void signal(int number) const;
    // Sends SIGKILL and waits.
    void kill();
    // On the same port, after kill().
    void start();

  private:
    TestFolder folder_;
    std::uint16_t port_ = 0;
    pid_t pid_ = 0;
    std::unique_ptr<HostKeys> host_keys_;
};

// For what is over in moments: a bound that a busy machine does not reach.
inline Cancel soon() { return Cancel::within(std::chrono::seconds(60)); }

}  // namespace pigsty::ssh
