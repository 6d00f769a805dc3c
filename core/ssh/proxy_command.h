// ProxyCommand: a program whose standard input and output are the connection to sshd.
//
//     TRY(auto proxy, ProxyCommand::start("nc -X 5 -x proxy:1080 %h %p", endpoint));
//     auto transport = …(proxy->take_socket())…;
//
// It runs under /bin/sh in a process group of its own, which is ended with this object. What it prints on standard error
// is kept for error messages.
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "core/base/result.h"
#include "core/ssh/file_descriptor.h"
#include "core/ssh/route.h"

namespace pigsty::ssh {

class ProxyCommand {
  public:
    static Result<std::unique_ptr<ProxyCommand>> start(const std::string& command, const Endpoint& endpoint);
    ~ProxyCommand();
    ProxyCommand(const ProxyCommand&) = delete;
    ProxyCommand& operator=(const ProxyCommand&) = delete;

    FileDescriptor take_socket() { return std::move(socket_); }
    [[nodiscard]] std::string printed_errors() const;

  private:
    ProxyCommand(pid_t pid, FileDescriptor socket, FileDescriptor errors);

    pid_t pid_;
    FileDescriptor socket_;
    FileDescriptor errors_;  // a file in memory: no pipe that could fill up and stop the program
};

// %h, %p, %r and %% replaced. Host and user are quoted for the shell.
std::string expand_proxy_command(const std::string& command, const Endpoint& endpoint);

}  // namespace pigsty::ssh
