#include "core/ssh/io_loop.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace pigsty::ssh {
namespace {

// More than this in the socket's queue, and channels wait with theirs.
constexpr std::size_t kQueueLimit = 512 * 1024;
constexpr int kUnansweredKeepalives = 3;
constexpr std::chrono::milliseconds kFirstOpenPause{10};
constexpr std::chrono::milliseconds kLongestOpenPause{1000};

}  // namespace

IoLoop::IoLoop(std::unique_ptr<Transport> transport, std::string host, Counters& counters,
               std::chrono::seconds keepalive, std::function<void(Error&)> explain)
    : transport_(std::move(transport)),
      host_(std::move(host)),
      counters_(counters),
      keepalive_(keepalive),
      explain_(std::move(explain)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    libssh2_keepalive_config(transport_->ssh(), 1, static_cast<unsigned>(keepalive_.count()));
    thread_ = std::thread([this] { run(); });
}

IoLoop::~IoLoop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake();
    thread_.join();
}

void IoLoop::wake() { ::eventfd_write(wake_.get(), 1); }

Status IoLoop::open(const std::shared_ptr<ChannelState>& state) {
    {
        const std::lock_guard lock(mutex_);
        if (ended_) return fail(*ended_);
        incoming_.push_back(state);
    }
    wake();
    return {};
}

void IoLoop::run() {
    while (true) {
        while (pass() && !transport_->broken()) {
        }
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) break;
        }
        keep_alive();
        if (transport_->broken()) {
            Error error = transport_->broken_error("in use");
            explain_(error);
            end(error);
            return;
        }
        wait_for_work();
    }
    end(Error{.code = ErrorCode::cancelled, .message = "the SSH session was closed"}.at_host(host_));
}

void IoLoop::end(const Error& error) {
    const std::lock_guard lock(mutex_);
    ended_ = error;
    std::ranges::move(incoming_, std::back_inserter(channels_));
    incoming_.clear();
    for (const auto& state : channels_) {
        if (!state->ended && !state->error) state->error = error;
        state->pump.reset();
        state->changed.notify_all();
    }
    channels_.clear();
    opening_.reset();
}

void IoLoop::wait_for_work() {
    std::vector<pollfd> polled{{transport_->fd(), transport_->events(), 0}, {wake_.get(), POLLIN, 0}};
    {
        const std::lock_guard lock(mutex_);
        for (const auto& state : channels_) {
            if (!state->pump || state->stage != Stage::open) continue;
            short events = 0;
            if (!state->pump_ended && state->outbox.size() < kChannelBuffer) events |= POLLIN;
            if (state->unread() > 0) events |= POLLOUT;
            if (events != 0) polled.push_back({state->pump.get(), events, 0});
        }
    }
    std::chrono::milliseconds bound =
        keepalive_.count() > 0 ? std::chrono::milliseconds(keepalive_) / 2 : std::chrono::hours(1);
    if (const auto now = std::chrono::steady_clock::now(); open_again_ > now)
        bound = std::min(bound, std::chrono::ceil<std::chrono::milliseconds>(open_again_ - now));
    ::poll(polled.data(), polled.size(), static_cast<int>(bound.count()));
    eventfd_t count = 0;
    ::eventfd_read(wake_.get(), &count);
}

void IoLoop::keep_alive() {
    if (keepalive_.count() == 0) return;
    const auto silent = std::chrono::steady_clock::now() - transport_->last_heard();
    if (silent >= keepalive_ * kUnansweredKeepalives) {
        transport_->set_broken("no answer to keepalives for " +
                               std::to_string(std::chrono::duration_cast<std::chrono::seconds>(silent).count()) + " s");
    } else if (silent >= keepalive_) {
        int next = 0;  // libssh2 keeps its own time between two of them
        check(libssh2_keepalive_send(transport_->ssh(), &next));
    }
}

void IoLoop::check(std::int64_t code) {
    if (code >= 0 || code == LIBSSH2_ERROR_EAGAIN) return;
    transport_->set_broken(transport_->last_error() + " (libssh2 error " + std::to_string(code) + ")");
}

// True while there may be more to do without waiting.
bool IoLoop::pass() {
    const auto received = transport_->received();
    transport_->flush();
    transport_->receive();
    {
        const std::lock_guard lock(mutex_);
        std::ranges::move(incoming_, std::back_inserter(channels_));
        incoming_.clear();
    }
    bool moved = open_next();
    for (const auto& state : channels_) moved |= serve(*state);
    moved |= std::erase_if(channels_, [](const auto& state) { return state->stage == Stage::gone; }) > 0;
    // A call for one channel reads packets of the others, which the socket will not announce again.
    return moved || transport_->received() != received;
}

bool IoLoop::open_next() {
    if (!opening_) {
        const std::lock_guard lock(mutex_);
        for (const auto& state : channels_) {
            if (state->stage != Stage::queued) continue;
            if (state->abandoned) {
                state->stage = Stage::gone;
                continue;
            }
            if (state->is_command() && command_limit_ > 0 &&
                (commands_ >= command_limit_ || std::chrono::steady_clock::now() < open_again_))
                continue;
            opening_ = state;
            break;
        }
        if (!opening_) return false;
    }
    ChannelState& state = *opening_;
    LIBSSH2_SESSION* ssh = transport_->ssh();
    state.channel = state.is_command() ? libssh2_channel_open_session(ssh)
                                       : libssh2_channel_direct_tcpip(ssh, state.tcp_host.c_str(), state.tcp_port);
    const int code = state.channel == nullptr ? libssh2_session_last_errno(ssh) : 0;
    if (code == LIBSSH2_ERROR_EAGAIN) return false;
    if (state.channel == nullptr) {
        open_failed(state, code);
    } else {
        ++counters_.channels;
        if (state.is_command()) {
            most_commands_ = std::max(most_commands_, ++commands_);
            open_pause_ = {};
        }
        const std::lock_guard lock(mutex_);
        state.stage = state.is_command() ? Stage::starting : Stage::open;
        state.started = !state.is_command();
        state.changed.notify_all();
    }
    opening_.reset();
    return true;
}

void IoLoop::open_failed(ChannelState& state, int code) {
    const std::string cause = transport_->last_error();
    // Anything else than the server's refusal ends the session, and end() tells everybody why.
    if (code != LIBSSH2_ERROR_CHANNEL_FAILURE) return check(code);
    if (state.is_command() && most_commands_ > 0) {
        // sshd's MaxSessions: this one waits until another ends. The server may free the place a little later than we
        // hear of the end, or much later where a process stays after its channel: it is asked again, ever more rarely.
        open_pause_ = std::clamp(open_pause_ * 2, kFirstOpenPause, kLongestOpenPause);
        open_again_ = std::chrono::steady_clock::now() + open_pause_;
        const std::lock_guard lock(mutex_);
        command_limit_ = most_commands_;
        return;
    }
    state.stage = Stage::gone;
    Error error{.code = ErrorCode::denied, .message = "sshd refused to open a session: " + cause};
    error.hint = "sshd_config on that machine: MaxSessions must not be 0";
    if (!state.is_command()) {
        const bool prohibited = cause.find("prohibited") != std::string::npos;
        error.code = prohibited ? ErrorCode::denied : ErrorCode::unreachable;
        error.message =
            "as a bastion it cannot reach " + state.tcp_host + " port " + std::to_string(state.tcp_port) + ": " + cause;
        error.hint = prohibited ? "sshd_config there: AllowTcpForwarding and PermitOpen must allow it"
                                : "is the machine running, and is its port open from the bastion?";
    }
    refuse(state, std::move(error).at_host(host_));
}

void IoLoop::refuse(ChannelState& state, Error error) {
    const std::lock_guard lock(mutex_);
    state.error = std::move(error);
    state.changed.notify_all();
}

bool IoLoop::serve(ChannelState& state) {
    if (state.stage == Stage::queued || state.stage == Stage::gone) return false;
    if (state.stage != Stage::closing) {
        const std::lock_guard lock(mutex_);
        if (state.abandoned) state.stage = Stage::closing;
    }
    switch (state.stage) {
        case Stage::starting: return start_command(state);
        case Stage::closing: return close(state);
        default: break;
    }
    bool moved = pump_in(state);
    moved |= write_input(state);
    moved |= read_output(state);
    moved |= pump_out(state);
    return notice_end(state) || moved;
}

bool IoLoop::start_command(ChannelState& state) {
    const int code = libssh2_channel_process_startup(state.channel, "exec", 4, state.command.data(),
                                                     static_cast<unsigned>(state.command.size()));
    if (code == LIBSSH2_ERROR_EAGAIN) return false;
    if (transport_->broken()) return false;
    if (code != 0) {
        state.stage = Stage::closing;
        refuse(state,
               Error{.code = ErrorCode::denied, .message = "sshd refused to run a command: " + transport_->last_error()}
                   .at_host(host_)
                   .with_hint("does the key or the account carry a forced command or a restriction there?"));
        return true;
    }
    const std::lock_guard lock(mutex_);
    state.stage = Stage::open;
    state.started = true;
    state.changed.notify_all();
    return true;
}

bool IoLoop::read_output(ChannelState& state) {
    bool moved = false;
    const auto is_full = [&] {
        const std::lock_guard lock(mutex_);
        return state.unread() >= kChannelBuffer;
    };
    // Always for the same number of bytes. A read first widens the window by what it asks for; where new keys are negotiated
    // meanwhile it is told to come again, sends the number of the first try and counts that of the second (channel.c,
    // _libssh2_channel_receive_window_adjust). Were they different, the server would be allowed more than libssh2 expects,
    // and what comes beyond is thrown away.
    while (!is_full()) {
        const auto got = libssh2_channel_read(state.channel, scratch_.data(), scratch_.size());
        check(got);
        if (got <= 0) break;
        moved = true;
        const std::lock_guard lock(mutex_);
        state.inbox.append(scratch_.data(), static_cast<std::size_t>(got));
        state.changed.notify_all();
    }
    while (!transport_->broken()) {
        const auto got = libssh2_channel_read_stderr(state.channel, scratch_.data(), scratch_.size());
        check(got);
        if (got <= 0) break;
        moved = true;
        const std::lock_guard lock(mutex_);
        state.errors.append(scratch_.data(), static_cast<std::size_t>(got));
        if (state.errors.size() > kStderrTail) state.errors.erase(0, state.errors.size() - kStderrTail);
    }
    return moved;
}

bool IoLoop::write_input(ChannelState& state) {
    bool moved = false;
    bool closed = false;
    while (true) {
        if (state.sent == state.sending.size()) {
            state.sending.clear();
            state.sent = 0;
            const std::lock_guard lock(mutex_);
            state.sending.swap(state.outbox);
            closed = state.input_closed;
            if (state.sending.empty()) break;
            state.changed.notify_all();
        }
        if (transport_->queued() > kQueueLimit) return moved;
        // After LIBSSH2_ERROR_EAGAIN the same bytes must be offered again: `sending` stays as it is until they went.
        const auto put =
            libssh2_channel_write(state.channel, state.sending.data() + state.sent, state.sending.size() - state.sent);
        check(put);
        if (put <= 0) return moved;
        moved = true;
        state.sent += static_cast<std::size_t>(put);
    }
    if (closed && !state.end_sent && libssh2_channel_send_eof(state.channel) == 0) state.end_sent = moved = true;
    return moved;
}

bool IoLoop::notice_end(ChannelState& state) {
    if (libssh2_channel_eof(state.channel) != 1) return false;
    {
        const std::lock_guard lock(mutex_);
        if (!state.output_ended) {
            state.output_ended = true;
            state.changed.notify_all();
        }
        if (state.pump && state.unread() > 0) return false;
    }
    if (const int code = libssh2_channel_wait_closed(state.channel); code != 0 && !state.pump) {
        check(code);
        return false;
    }
    char* signal = nullptr;
    libssh2_channel_get_exit_signal(state.channel, &signal, nullptr, nullptr, nullptr, nullptr, nullptr);
    const std::string signal_name = signal == nullptr ? "" : signal;
    libssh2_free(transport_->ssh(), signal);
    const int status = libssh2_channel_get_exit_status(state.channel);
    const std::lock_guard lock(mutex_);
    state.exit_status = status;
    state.exit_signal = signal_name;
    state.ended = true;
    state.changed.notify_all();
    state.stage = Stage::closing;
    return true;
}

bool IoLoop::close(ChannelState& state) {
    if (libssh2_channel_free(state.channel) == LIBSSH2_ERROR_EAGAIN) return false;
    state.channel = nullptr;
    state.stage = Stage::gone;
    if (state.is_command()) --commands_;
    const std::lock_guard lock(mutex_);
    state.pump.reset();
    return true;
}

// From the socket to the channel.
bool IoLoop::pump_in(ChannelState& state) {
    bool moved = false;
    while (state.pump && !state.pump_ended) {
        const std::lock_guard lock(mutex_);
        if (state.outbox.size() >= kChannelBuffer) break;
        const auto got = ::recv(state.pump.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
        moved = true;
        if (got > 0) {
            state.outbox.append(scratch_.data(), static_cast<std::size_t>(got));
            continue;
        }
        // The session over this connection is gone: so is the connection.
        state.pump_ended = true;
        state.abandoned = true;
    }
    return moved;
}

// From the channel to the socket.
bool IoLoop::pump_out(ChannelState& state) {
    const std::lock_guard lock(mutex_);
    if (!state.pump || state.unread() == 0) return false;
    const auto put =
        ::send(state.pump.get(), state.inbox.data() + state.inbox_taken, state.unread(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put <= 0) return false;
    state.inbox_taken += static_cast<std::size_t>(put);
    if (state.unread() == 0) {
        state.inbox.clear();
        state.inbox_taken = 0;
    }
    return true;
}

}  // namespace pigsty::ssh
