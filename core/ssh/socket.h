// Sockets whose waits end with Cancel.
//
//     TRY(FileDescriptor socket, tcp_connect("pg-test-1", 22, cancel));
//     TRY_VOID(wait_for(socket.get(), POLLIN, cancel, "reading the banner"));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/ssh/file_descriptor.h"

namespace pigsty::ssh {

// All addresses of the name are tried in the resolver's order, each for at most kAddressBound. `unreachable` names each
// address and why. The socket is non-blocking and sends without delay.
inline constexpr std::chrono::seconds kAddressBound{10};
Result<FileDescriptor> tcp_connect(const std::string& host, std::uint16_t port, const Cancel& cancel);

// Waits for poll(2) events, an error or a hang-up.
Status wait_for(int fd, short events, const Cancel& cancel, std::string_view doing);

// Two connected stream sockets, both non-blocking.
Result<std::pair<FileDescriptor, FileDescriptor>> socket_pair();

}  // namespace pigsty::ssh
