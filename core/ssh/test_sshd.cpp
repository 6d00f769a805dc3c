#include "core/ssh/test_sshd.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/quote.h"
#include "core/ssh/file_descriptor.h"

extern char** environ;

// libssh2 1.11.1 forgets the previous host key (51 bytes) each time that keys are negotiated anew.
extern "C" __attribute__((visibility("default")))  // for the sanitizer, which looks it up
const char*
__lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
    return "leak:kex_method_";
}

namespace pigsty::ssh {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSshd = "/usr/sbin/sshd";

pid_t spawn(std::vector<std::string> words, const std::string& errors) {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid = 0;
    const int cause = ::posix_spawnp(&pid, arguments[0], &files, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    if (cause != 0) throw std::runtime_error("cannot start " + words[0]);
    return pid;
}

std::uint16_t free_port() {
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
        throw std::runtime_error("no free port on loopback");
    return ntohs(address.sin_port);
}

// The folder of the keys that all tests share.
const TestFolder& keys() {
    static const TestFolder folder;
    static const bool made = [] {
        const auto make = [](const std::string& name, const std::string& options) {
            run_shell("ssh-keygen -q -C " + name + " -f " + shell_quote(folder.path(name)) + " " + options);
        };
        const std::string locked = "-a 2 -N " + shell_quote(TestSshd::kPassphrase);
        make("ed25519", "-t ed25519 -N ''");
        make("rsa", "-t rsa -b 2048 -N ''");
        make("rsa_pem", "-t rsa -b 2048 -m PEM -N ''");
        make("ecdsa", "-t ecdsa -b 256 -N ''");
        make("ecdsa521_pem", "-t ecdsa -b 521 -m PEM -N ''");
        make("locked", "-t ed25519 " + locked);
        make("locked_pem", "-t rsa -b 2048 -m PKCS8 " + locked);
        make("stranger", "-t ed25519 -N ''");
        make("ca", "-t ed25519 -N ''");
        for (const std::string type : {"ed25519", "rsa", "ecdsa"}) {
            const std::string name = type == "ed25519" ? "certified" : "certified_" + type;
            make(name, "-t " + type + " -N ''");
            run_shell("ssh-keygen -q -s " + shell_quote(folder.path("ca")) + " -I test -n root,admin " +
                      shell_quote(folder.path(name + ".pub")));
        }
        run_shell("cd " + shell_quote(folder.path("")) +
                  " && cat ed25519.pub rsa.pub rsa_pem.pub ecdsa.pub ecdsa521_pem.pub locked.pub locked_pem.pub > "
                  "authorized_keys");
        return true;
    }();
    static_cast<void>(made);
    return folder;
}

std::vector<pid_t> descendants(pid_t root) {
    std::vector<pid_t> found{root};
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            const std::string name = entry.path().filename();
            if (name.find_first_not_of("0123456789") != std::string::npos) continue;
            std::ifstream stat(entry.path() / "stat");
            std::string text;
            std::getline(stat, text);  // empty where the process is gone
            const auto after_name = text.rfind(')');
            if (after_name == std::string::npos) continue;
            std::istringstream fields(text.substr(after_name + 1));
            char state = 0;
            pid_t parent = 0;
            fields >> state >> parent;
            if (parent == found[i]) found.push_back(std::stoi(name));
        }
    }
    return found;
}

}  // namespace

TestFolder::TestFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "pigsty-ssh-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder for the test");
    root_ = pattern;
}

TestFolder::~TestFolder() {
    std::error_code ignored;  // what is left stays in the folder for temporary files
    std::filesystem::remove_all(root_, ignored);
}

std::string read_text(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write_text(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::trunc);
    file << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::string run_shell(const std::string& command) {
    FILE* pipe = ::popen(command.c_str(), "re");
    std::string output;
    std::array<char, 4096> some{};
    for (std::size_t got = 0; (got = std::fread(some.data(), 1, some.size(), pipe)) > 0;)
        output.append(some.data(), got);
    if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
    return output;
}

std::string user_key(const std::string& name) { return keys().path(name); }

TestSshd::TestSshd(const Options& options) {
    if (!std::filesystem::exists(kSshd))
        throw std::runtime_error(
            "these tests need openssh-server: /usr/sbin/sshd is not there. Run acceptance/setup.sh");
    if (::geteuid() != 0)
        throw std::runtime_error("these tests start an sshd with a password of its own: run them as root");

    std::string config = options.config;
    std::map<std::string, std::string> pinned;
    for (const auto& type : options.host_keys) {
        const std::string file = path("host_" + type);
        run_shell("ssh-keygen -q -N '' -t " + type + " -f " + shell_quote(file));
        config += "HostKey " + file + "\n";
        pinned["127.0.0.1"] += read_text(file + ".pub");
    }
    host_keys_ = std::make_unique<HostKeys>(HostKeys::Options{.pinned = pinned});

    const std::string authorized = path("authorized_keys");
    write_text(authorized, read_text(keys().path("authorized_keys")));
    write_text(path("ca.pub"), read_text(keys().path("ca.pub")));
    const std::string hash = run_shell("openssl passwd -6 " + shell_quote(kPassword));
    write_text(path("shadow"), "root:" + hash.substr(0, hash.find('\n')) + ":20000:0:99999:7:::\n");
    write_text(path("pam"),
               "auth required pam_unix.so nodelay\naccount required pam_permit.so\nsession required pam_permit.so\n");
    config += "AuthorizedKeysFile " + authorized + "\nTrustedUserCAKeys " + path("ca.pub") +
              "\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nPidFile none\nLogLevel DEBUG1\n"
              "MaxStartups 100\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n";
    // Newer servers lock out an address after a few failed logins, which are what is tested here.
    static const bool has_penalties =
        std::system(
            (std::string(kSshd) + " -t -o PerSourcePenalties=no -h /dev/null 2>&1 | grep -q 'Bad configuration option'")
                .c_str()) != 0;
    if (has_penalties) config += "PerSourcePenalties no\n";
    std::filesystem::create_directory(path("home"));
    port_ = free_port();
    write_text(path("sshd_config"), "ListenAddress 127.0.0.1:" + std::to_string(port_) + "\n" + config);
    start();
}

void TestSshd::start() {
    ::mkdir("/run/sshd", 0755);  // sshd insists on it
    const std::string script = "mount --bind " + shell_quote(path("shadow")) + " /etc/shadow && mount --bind " +
                               shell_quote(path("pam")) + " /etc/pam.d/sshd && mount --bind " +
                               shell_quote(path("home")) + " /root && exec " + kSshd + " -D -E " +
                               shell_quote(path("log")) + " -f " + shell_quote(path("sshd_config"));
    std::filesystem::remove(path("log"));
    // A namespace of processes too: when its first one is killed, the kernel ends all the others.
    pid_ = spawn({"unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script}, path("stderr"));
    const Cancel patience = Cancel::within(20s);
    while (log().find("Server listening on") == std::string::npos) {
        if (::waitpid(pid_, nullptr, WNOHANG) != 0 || !patience.pause(10ms)) {
            pid_ = 0;
            throw std::runtime_error("sshd did not start:\n" + read_text(path("stderr")) + log());
        }
    }
}

TestSshd::~TestSshd() {
    kill();
    if (::testing::Test::HasFailure()) std::fprintf(stderr, "---- log of sshd\n%s----\n", log().c_str());
}

void TestSshd::signal(int number) const {
    std::vector<pid_t> processes = descendants(pid_);
    processes.erase(processes.begin());  // unshare, which only waits
    for (const pid_t pid : processes) ::kill(pid, number);
}

void TestSshd::kill() {
    if (pid_ == 0) return;
    const std::vector<pid_t> processes = descendants(pid_);
    if (processes.size() > 1) ::kill(processes[1], SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
}

Route TestSshd::route() const {
    return Route{.endpoint = {"127.0.0.1", port_, "root"}, .credentials = {.private_key_file = user_key("ed25519")}};
}

std::string TestSshd::host_key(const std::string& type) const { return read_text(path("host_" + type + ".pub")); }

std::string TestSshd::log() const { return read_text(path("log")); }

}  // namespace pigsty::ssh
