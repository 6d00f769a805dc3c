#include "core/node/child_process.h"

#include <atomic>
#include <cstring>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "core/node/file_handle.h"

extern char** environ;

namespace pigsty::node {

namespace {

class ChildProcess : public RemoteProcess {
  public:
    ChildProcess(pid_t pid, FileHandle input, FileHandle output)
        : pid_(pid), input_(std::move(input)), output_(std::move(output)) {
        for (const int fd : {input_.get(), output_.get()}) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
    ~ChildProcess() override {
        input_.reset();
        output_.reset();
        // Our programs end by themselves once their input ends; what hangs is ended here.
        for (int waited = 0; ::waitpid(pid_, nullptr, WNOHANG) == 0; ++waited) {
            if (waited == 200) ::kill(pid_, SIGKILL);
            ::usleep(waited < 20 ? 1000 : 50000);
        }
    }

    Result<std::size_t> read(std::span<char> into, const Cancel& cancel) override {
        const std::stop_callback on_stop(cancel.token(), [this] { read_wakeup_.wake(); });
        while (true) {
            if (closed_) return fail(ErrorCode::unreachable, "the connection was closed");
            const auto count = ::read(output_.get(), into.data(), into.size());
            if (count >= 0) return static_cast<std::size_t>(count);
            if (errno != EAGAIN && errno != EINTR)
                return fail(ErrorCode::unreachable, std::string("reading from the process: ") + std::strerror(errno));
            TRY_VOID(cancel.check("reading from the process"));
            wait_until_ready(output_.get(), POLLIN, read_wakeup_, cancel.remaining(kLongestPoll));
        }
    }

    Status write(std::string_view bytes, const Cancel& cancel) override {
        const std::stop_callback on_stop(cancel.token(), [this] { write_wakeup_.wake(); });
        while (!bytes.empty()) {
            if (closed_) return fail(ErrorCode::unreachable, "the connection was closed");
            const auto count = ::send(input_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count >= 0) {
                bytes.remove_prefix(static_cast<std::size_t>(count));
                continue;
            }
            if (errno != EAGAIN && errno != EINTR)
                return fail(ErrorCode::unreachable, std::string("writing to the process: ") + std::strerror(errno));
            TRY_VOID(cancel.check("writing to the process"));
            wait_until_ready(input_.get(), POLLOUT, write_wakeup_, cancel.remaining(kLongestPoll));
        }
        return {};
    }

    void close() override {
        closed_ = true;
        read_wakeup_.wake();
        write_wakeup_.wake();
    }

  private:
    pid_t pid_;
    FileHandle input_, output_;
    Wakeup read_wakeup_, write_wakeup_;
    std::atomic<bool> closed_ = false;
};

}  // namespace

Result<std::unique_ptr<RemoteProcess>> ChildLauncher::start(const std::string& command, const Cancel& cancel) {
    TRY_VOID(cancel.check("starting a process"));
    int to_child[2];
    int from_child[2];
    // A socket and no pipe: writing to a program that has ended must be an error, not a SIGPIPE that ends us.
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to_child) != 0)
        return fail(ErrorCode::failed, std::string("socketpair: ") + std::strerror(errno));
    FileHandle child_input(to_child[0]);
    FileHandle input(to_child[1]);
    if (::pipe2(from_child, O_CLOEXEC) != 0)
        return fail(ErrorCode::failed, std::string("pipe: ") + std::strerror(errno));
    FileHandle output(from_child[0]);
    FileHandle child_output(from_child[1]);

    std::vector<std::string> words = prefix_;
    words.insert(words.end(), {"sh", "-c", command});
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child_input.get(), 0);
    posix_spawn_file_actions_adddup2(&actions, child_output.get(), 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    pid_t pid = 0;
    const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return fail(ErrorCode::failed, "starting " + words.front() + ": " + std::strerror(error));
    return std::make_unique<ChildProcess>(pid, std::move(input), std::move(output));
}

}  // namespace pigsty::node
