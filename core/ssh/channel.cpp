#include "core/ssh/channel.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "core/ssh/io_loop.h"
#include "core/ssh/session.h"

namespace pigsty::ssh {

Channel::Channel(std::shared_ptr<Session> session, std::shared_ptr<ChannelState> state)
    : session_(std::move(session)), state_(std::move(state)) {}

Channel::~Channel() { close(); }

template <class Ready>
Status Channel::wait(std::unique_lock<std::mutex>& lock, const Cancel& cancel, std::string_view doing, Ready ready) {
    while (!ready()) {
        if (state_->error) return fail(*state_->error);
        if (auto time = cancel.check(doing); !time) return fail(std::move(time.error().at_host(session_->host())));
        state_->changed.wait_until(lock, cancel.token(), cancel.deadline(),
                                   [&] { return ready() || state_->error.has_value(); });
    }
    return {};
}

Status Channel::write(std::string_view bytes, const Cancel& cancel) {
    ChannelState& state = *state_;
    while (!bytes.empty()) {
        {
            std::unique_lock lock(session_->loop_->mutex());
            TRY_VOID(wait(lock, cancel, "sending input to a command",
                          [&] { return state.outbox.size() < kChannelBuffer || state.ended || state.abandoned; }));
            if (state.ended || state.abandoned || state.input_closed || state.error) {
                if (state.error) return fail(*state.error);
                return fail(Error{.code = ErrorCode::failed,
                                  .message = state.ended ? "the command ended before it took all its input"
                                                         : "the command's input is closed"}
                                .at_host(session_->host())
                                .with_output(state.errors));
            }
            const std::size_t some = std::min(bytes.size(), kChannelBuffer - state.outbox.size());
            state.outbox.append(bytes.substr(0, some));
            bytes.remove_prefix(some);
        }
        session_->loop_->wake();
    }
    return {};
}

void Channel::close_input() {
    {
        const std::lock_guard lock(session_->loop_->mutex());
        state_->input_closed = true;
    }
    session_->loop_->wake();
}

Result<std::size_t> Channel::read(std::span<char> bytes, const Cancel& cancel) {
    ChannelState& state = *state_;
    std::size_t got = 0;
    bool was_full = false;
    {
        std::unique_lock lock(session_->loop_->mutex());
        TRY_VOID(wait(lock, cancel, "waiting for a command's output",
                      [&] { return state.unread() > 0 || state.output_ended || state.ended; }));
        was_full = state.unread() >= kChannelBuffer;
        got = std::min(bytes.size(), state.unread());
        std::copy_n(state.inbox.data() + state.inbox_taken, got, bytes.data());
        state.inbox_taken += got;
        if (state.inbox_taken == state.inbox.size()) {
            state.inbox.clear();
            state.inbox_taken = 0;
        } else if (state.inbox_taken >= kChannelBuffer) {
            state.inbox.erase(0, std::exchange(state.inbox_taken, 0));
        }
    }
    // The loop leaves a full channel alone until it is told that there is room.
    if (was_full && got > 0) session_->loop_->wake();
    return got;
}

Result<std::string> Channel::read_all(const Cancel& cancel) {
    std::string output;
    std::array<char, 32 * 1024> some;
    while (true) {
        TRY(const std::size_t got, read(some, cancel));
        if (got == 0) return output;
        output.append(some.data(), got);
    }
}

std::string Channel::stderr_tail() const {
    const std::lock_guard lock(session_->loop_->mutex());
    return state_->errors;
}

Result<int> Channel::exit_status(const Cancel& cancel) {
    std::unique_lock lock(session_->loop_->mutex());
    TRY_VOID(wait(lock, cancel, "waiting for a command to end", [&] { return state_->ended; }));
    if (!state_->exit_signal.empty())
        return fail(
            Error{.code = ErrorCode::failed, .message = "the command was ended by signal " + state_->exit_signal}
                .at_host(session_->host())
                .with_output(state_->errors));
    return state_->exit_status;
}

void Channel::close() {
    {
        const std::lock_guard lock(session_->loop_->mutex());
        state_->abandoned = true;
        if (!state_->ended && !state_->error)
            state_->error =
                Error{.code = ErrorCode::cancelled, .message = "the channel was closed"}.at_host(session_->host());
        state_->changed.notify_all();
    }
    session_->loop_->wake();
}

}  // namespace pigsty::ssh
