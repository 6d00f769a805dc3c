// RemoteProcess: a process on a node with a byte stream in both directions. Launcher: what starts them.
//
//     TRY(const auto process, launcher.start("exec perl -e …", cancel));
//     TRY_VOID(process->write(bytes, cancel));
//
// The seam between our programs' protocol and the way to the node: an SSH channel, or a child process in tests.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/cancel.h"
#include "core/base/result.h"

namespace pigsty::node {

// One thread may read while another writes. Destruction closes.
class RemoteProcess {
  public:
    virtual ~RemoteProcess() = default;

    // At least one byte of standard output; 0 at its end. Errors `cancelled` and `stalled` (the cancel's deadline) leave
    // the stream usable, every other one means that it broke.
    virtual Result<std::size_t> read(std::span<char> into, const Cancel& cancel) = 0;
    // All of it, or the stream is broken.
    virtual Status write(std::string_view bytes, const Cancel& cancel) = 0;
    // From any thread; wakes whoever reads or writes. The process sees the end of its input.
    virtual void close() = 0;
};

class Launcher {
  public:
    virtual ~Launcher() = default;

    // Starts a command line of sh as the user who logs in.
    virtual Result<std::unique_ptr<RemoteProcess>> start(const std::string& command, const Cancel& cancel) = 0;
    // Logs in once more beside what is open, and runs nothing: the way is open now. A process of this machine has none to lose.
    virtual Status log_in_anew(const Cancel&) { return {}; }
    // "vagrant", or "root" where no sudo is needed.
    [[nodiscard]] virtual std::string login_user() const = 0;
};

}  // namespace pigsty::node
