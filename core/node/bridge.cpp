#include "core/node/bridge.h"

#include <algorithm>
#include <array>

#include "core/node/programs.h"

namespace pigsty::node {

namespace {

constexpr std::size_t kWindow = 262144;  // as in perl/bridge.pl
constexpr std::size_t kLargestPiece = 65536;

}  // namespace

struct Bridge::Channel {
    std::condition_variable_any changed;
    std::string target;
    std::string received;
    std::size_t read_at = 0;     // of `received`
    std::size_t unreported = 0;  // read by us, not yet credited to the other side
    std::size_t credit = kWindow;
    bool opened = false, output_ended = false, closed = false;
    Error why{};

    // Waits under the bridge's lock.
    template <class Ready>
    Status wait(std::unique_lock<std::mutex>& lock, const Cancel& cancel, std::string_view doing, Ready ready) {
        const auto done = [&] { return closed || ready(); };
        if (cancel.deadline() == Cancel::Clock::time_point::max())
            changed.wait(lock, cancel.token(), done);
        else
            changed.wait_until(lock, cancel.token(), cancel.deadline(), done);
        if (done()) return {};
        TRY_VOID(cancel.check(std::string(doing) + " " + target));
        return fail(ErrorCode::stalled, "out of time while " + std::string(doing) + " " + target);
    }
};

class BridgeStream : public Stream {
  public:
    BridgeStream(std::shared_ptr<Bridge> bridge, std::uint64_t id, std::shared_ptr<Bridge::Channel> channel)
        : bridge_(std::move(bridge)), id_(id), channel_(std::move(channel)) {}
    ~BridgeStream() override { close(); }

    Result<std::size_t> read(std::span<char> into, const Cancel& cancel) override {
        std::unique_lock lock(bridge_->mutex_);
        auto& channel = *channel_;
        const auto has_bytes = [&] { return channel.read_at < channel.received.size(); };
        TRY_VOID(channel.wait(lock, cancel, "reading from", [&] { return has_bytes() || channel.output_ended; }));
        if (!has_bytes()) {
            if (channel.output_ended) return 0;
            return fail(channel.why);
        }
        const auto count = std::min(into.size(), channel.received.size() - channel.read_at);
        std::copy_n(channel.received.data() + channel.read_at, count, into.data());
        channel.read_at += count;
        if (!has_bytes()) {
            channel.received.clear();
            channel.read_at = 0;
        }
        channel.unreported += count;
        if (channel.unreported < kWindow / 4 || channel.output_ended || channel.closed) return count;
        const auto credit = std::exchange(channel.unreported, 0);
        lock.unlock();
        // What was read is read; that the bridge went away meanwhile shows at the next call.
        [[maybe_unused]] const Status sent = bridge_->send("credit", id_, std::to_string(credit));
        return count;
    }

    Status write(std::string_view bytes, const Cancel& cancel) override {
        while (!bytes.empty()) {
            std::size_t count = 0;
            {
                std::unique_lock lock(bridge_->mutex_);
                auto& channel = *channel_;
                TRY_VOID(channel.wait(lock, cancel, "writing to", [&] { return channel.credit > 0; }));
                if (channel.closed) return fail(channel.why);
                count = std::min({bytes.size(), channel.credit, kLargestPiece});
                channel.credit -= count;
            }
            TRY_VOID(bridge_->send("data", id_, bytes.substr(0, count)));
            bytes.remove_prefix(count);
        }
        return {};
    }

    void close_input() override {
        // The other side learns of it, or is gone.
        [[maybe_unused]] const Status sent = bridge_->send("eof", id_, "");
    }

    void close() override {
        {
            const std::lock_guard lock(bridge_->mutex_);
            if (bridge_->channels_.erase(id_) == 0) return;
            channel_->closed = true;
            channel_->why = Error{ErrorCode::unreachable, "the stream to " + channel_->target + " was closed"};
            channel_->changed.notify_all();
        }
        [[maybe_unused]] const Status sent = bridge_->send("close", id_, "");
    }

  private:
    const std::shared_ptr<Bridge> bridge_;
    const std::uint64_t id_;
    const std::shared_ptr<Bridge::Channel> channel_;
};

Result<std::shared_ptr<Bridge>> Bridge::start(Launcher& launcher, const Become& become, const RootEndSettings& settings,
                                              std::shared_ptr<WireCounters> counters, const Cancel& cancel) {
    const std::string input = frame_text("settings", 0, 0, join_fields({"silence", in_seconds(settings.silence)}));
    TRY(auto started, start_program(launcher, become, kBridgeProgram, input, cancel));
    counters->bytes_out += started.bytes_out;
    counters->bytes_in += started.bytes_in;
    return std::shared_ptr<Bridge>(new Bridge(std::move(started), settings, std::move(counters)));
}

Bridge::Bridge(StartedProgram started, const RootEndSettings& settings, std::shared_ptr<WireCounters> counters)
    : settings_(settings),
      counters_(std::move(counters)),
      process_(std::move(started.process)),
      frames_(std::move(started.frames)),
      receiver_([this] { receive(); }) {}

Bridge::~Bridge() {
    process_->close();
    receiver_ = {};  // joins before what it uses goes
}

Result<std::shared_ptr<Stream>> Bridge::open(const std::string& os_user, const std::string& target,
                                             const Cancel& cancel) {
    const auto channel = std::make_shared<Channel>();
    channel->target = target;
    std::uint64_t id = 0;
    {
        const std::lock_guard lock(mutex_);
        if (!usable_) return fail(ended_);
        id = ++last_channel_;
        channels_.emplace(id, channel);
    }
    auto stream = std::make_shared<BridgeStream>(shared_from_this(), id, channel);
    TRY_VOID(send("open", id, join_fields({os_user, target})));
    std::unique_lock lock(mutex_);
    if (auto waited = channel->wait(lock, cancel, "connecting to", [&] { return channel->opened; }); !waited) {
        lock.unlock();  // the stream's end takes it again
        return fail(std::move(waited).error());
    }
    if (channel->closed) {
        auto why = channel->why;
        lock.unlock();
        return fail(std::move(why));
    }
    return stream;
}

void Bridge::receive() {
    std::array<char, kLargestPiece> buffer;
    while (true) {
        auto frame = frames_.next();
        if (!frame) return end(frame.error());
        if (*frame) {
            take(**frame);
            continue;
        }
        const auto count = process_->read(buffer, Cancel());
        if (!count) return end(count.error());
        if (*count == 0) return end(Error{ErrorCode::unreachable, "the bridge on the node ended"});
        counters_->bytes_in += *count;
        frames_.feed({buffer.data(), *count});
    }
}

void Bridge::take(const Frame& frame) {
    if (frame.type == "fatal")
        return end(Error{ErrorCode::failed, "the bridge on the node failed"}.with_output(frame.bytes));
    const std::lock_guard lock(mutex_);
    const auto found = channels_.find(frame.number);
    if (found == channels_.end()) return;  // we closed it a moment ago
    auto& channel = *found->second;
    if (frame.type == "opened") channel.opened = true;
    if (frame.type == "data") channel.received.append(frame.bytes);
    if (frame.type == "eof") channel.output_ended = true;
    if (frame.type == "credit")
        channel.credit += static_cast<std::size_t>(std::strtoull(frame.bytes.c_str(), nullptr, 10));
    if (frame.type == "refused" || frame.type == "closed") {
        channel.closed = true;
        channel.why = Error{ErrorCode::unreachable, (frame.type == "refused" ? "connecting to " : "the stream to ") +
                                                        channel.target + ": " + frame.bytes};
    }
    channel.changed.notify_all();
}

Status Bridge::send(std::string_view type, std::uint64_t channel, std::string_view bytes) {
    const std::lock_guard lock(write_mutex_);
    if (!usable_) {
        const std::lock_guard state(mutex_);
        return fail(ended_);
    }
    const std::string text = frame_text(type, channel, 0, bytes);
    if (auto sent = process_->write(text, Cancel::within(settings_.silence)); !sent) {
        end(sent.error());
        return sent;
    }
    counters_->bytes_out += text.size();
    return {};
}

void Bridge::keep_alive() {
    // A failure ends the bridge, and the next open() starts another.
    [[maybe_unused]] const Status sent = send("alive", 0, "");
}

void Bridge::end(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!usable_.exchange(false)) return;
    ended_ = error;
    for (auto& [id, channel] : channels_) {
        channel->closed = true;
        channel->why = error;
        channel->changed.notify_all();
    }
    process_->close();
}

}  // namespace pigsty::node
