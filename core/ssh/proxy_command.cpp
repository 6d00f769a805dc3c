#include "core/ssh/proxy_command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/base/cancel.h"
#include "core/base/quote.h"
#include "core/ssh/socket.h"

extern char** environ;

namespace pigsty::ssh {

std::string expand_proxy_command(const std::string& command, const Endpoint& endpoint) {
    std::string expanded;
    for (std::size_t i = 0; i < command.size(); ++i) {
        if (command[i] != '%' || i + 1 == command.size()) {
            expanded += command[i];
            continue;
        }
        switch (command[++i]) {
            case 'h': expanded += shell_quote(endpoint.host); break;
            case 'p': expanded += std::to_string(endpoint.port); break;
            case 'r': expanded += shell_quote(endpoint.user); break;
            case '%': expanded += '%'; break;
            default: expanded += {'%', command[i]};
        }
    }
    return expanded;
}

ProxyCommand::ProxyCommand(pid_t pid, FileDescriptor socket, FileDescriptor errors)
    : pid_(pid), socket_(std::move(socket)), errors_(std::move(errors)) {}

Result<std::unique_ptr<ProxyCommand>> ProxyCommand::start(const std::string& command, const Endpoint& endpoint) {
    TRY(auto ends, socket_pair());
    auto& [ours, theirs] = ends;
    // The program expects an ordinary, blocking stdin.
    ::fcntl(theirs.get(), F_SETFL, ::fcntl(theirs.get(), F_GETFL) & ~O_NONBLOCK);
    FileDescriptor errors(::memfd_create("proxy_command", MFD_CLOEXEC));
    if (!errors) return fail(ErrorCode::internal, "memfd_create failed: " + std::string(std::strerror(errno)));

    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, theirs.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, theirs.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, errors.get(), STDERR_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    // A group of its own: Ctrl-C on the terminal ends the run in order, not the connection under it.
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &pipe_signal);

    std::string shell = "sh";
    std::string option = "-c";
    std::string text = "exec " + expand_proxy_command(command, endpoint);
    const std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = 0;
    const int cause = ::posix_spawn(&pid, "/bin/sh", &files, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (cause != 0)
        return fail(Error{.code = ErrorCode::failed,
                          .message = "cannot start proxy_command: " + std::string(std::strerror(cause))}
                        .at_host(endpoint.host)
                        .with_command(command));
    return std::unique_ptr<ProxyCommand>(new ProxyCommand(pid, std::move(ours), std::move(errors)));
}

ProxyCommand::~ProxyCommand() {
    ::kill(-pid_, SIGTERM);
    const Cancel patience = Cancel::within(std::chrono::seconds(1));
    while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
        if (!patience.pause(std::chrono::milliseconds(5))) {
            ::kill(-pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
            break;
        }
    }
}

std::string ProxyCommand::printed_errors() const {
    struct stat status{};
    if (::fstat(errors_.get(), &status) != 0) return {};
    const auto length = std::min<off_t>(status.st_size, Error::kOutputTail);
    std::string text(static_cast<std::size_t>(length), '\0');
    const auto got = ::pread(errors_.get(), text.data(), text.size(), status.st_size - length);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

}  // namespace pigsty::ssh
