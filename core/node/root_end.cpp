#include "core/node/root_end.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/node/programs.h"

namespace pigsty::node {

namespace {

constexpr std::size_t kShownScript = 300;
constexpr std::size_t kKeptErrors = 8000;
constexpr std::size_t kChunk = 65536;

std::string request_text(std::uint64_t number, const std::vector<Command>& commands) {
    std::string fields;
    for (const auto& command : commands) append_field(fields, command.fields);
    return frame_text("request", number, 0, fields);
}

std::string settings_text(const RootEndSettings& settings) {
    return frame_text("settings", 0, 0,
                      join_fields({"base", settings.base, "run", settings.run, "silence", in_seconds(settings.silence),
                                   "touch", in_seconds(settings.touch), "grace", in_seconds(settings.grace), "path",
                                   settings.path, "run_id", settings.run_id}));
}

// Standard error is kept as a tail: an installation may print a lot of it, and its end tells the cause.
void append_tail(std::string& tail, std::string_view piece) {
    tail.append(piece);
    if (tail.size() > 2 * kKeptErrors) tail.erase(0, tail.size() - kKeptErrors);
}

Status read_result(std::string_view bytes, CommandResult& result) {
    TRY(const auto fields, split_fields(bytes));
    if (fields.size() < 2) return fail(ErrorCode::internal, "the root end sent a result without status");
    // An answer that says nothing is no success.
    const auto [end, error] = std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(), result.status);
    if (error != std::errc() || end != fields[0].data() + fields[0].size())
        return fail(ErrorCode::internal, "the root end sent a result without status");
    append_tail(result.err, fields[1]);
    result.fields.assign(fields.begin() + 2, fields.end());
    return {};
}

}  // namespace

std::string in_seconds(std::chrono::milliseconds bound) { return fmt::format("{}", bound.count() / 1000.0); }

Command command(std::string_view name, std::initializer_list<std::string_view> arguments) {
    Command made;
    append_field(made.fields, name);
    for (const auto argument : arguments) append_field(made.fields, argument);
    if (name == "run" && arguments.size() != 0) made.shown = arguments.begin()->substr(0, kShownScript);
    return made;
}

Result<std::unique_ptr<RootEnd>> RootEnd::start(Launcher& launcher, const Become& become,
                                                const RootEndSettings& settings, const std::vector<Command>& first,
                                                std::shared_ptr<WireCounters> counters, const Cancel& cancel) {
    const std::string input = settings_text(settings) + request_text(1, first);
    TRY(auto started, start_program(launcher, become, kRootEndProgram, input, cancel));
    counters->requests += 1;
    counters->bytes_out += started.bytes_out;
    counters->bytes_in += started.bytes_in;
    return std::unique_ptr<RootEnd>(new RootEnd(std::move(started), settings, first, std::move(counters)));
}

RootEnd::RootEnd(StartedProgram started, const RootEndSettings& settings, std::vector<Command> first,
                 std::shared_ptr<WireCounters> counters)
    : settings_(settings),
      counters_(std::move(counters)),
      process_(std::move(started.process)),
      frames_(std::move(started.frames)),
      first_(std::move(first)) {}

RootEnd::~RootEnd() { process_->close(); }

Result<std::vector<CommandResult>> RootEnd::first_answer(const Cancel& cancel) {
    return await_reply(1, first_, cancel, {});
}

Result<std::vector<CommandResult>> RootEnd::request(const std::vector<Command>& commands, const Cancel& cancel,
                                                    const Progress& progress) {
    TRY_VOID(cancel.check("sending a request to the node"));
    const auto number = ++last_number_;
    counters_->requests += 1;
    TRY_VOID(send(request_text(number, commands)));
    return await_reply(number, commands, cancel, progress);
}

Result<std::vector<CommandResult>> RootEnd::await_reply(std::uint64_t number, const std::vector<Command>& commands,
                                                        const Cancel& cancel, const Progress& progress) {
    std::vector<CommandResult> results(commands.size());
    bool cancel_sent = false;
    while (true) {
        TRY(const auto frame, next_frame(number, cancel, cancel_sent));
        if (frame.type == "fatal")
            return broken(Error{ErrorCode::failed, "the root end on the node failed"}.with_output(frame.bytes));
        if (frame.number != number) continue;  // the rest of a request that was given up
        if (frame.type == "out" || frame.type == "err") {
            if (frame.index >= results.size()) continue;
            auto& result = results[frame.index];
            if (frame.type == "out")
                result.out.append(frame.bytes);
            else
                append_tail(result.err, frame.bytes);
            if (progress) progress(frame.bytes);
        }
        if (frame.type != "reply") continue;

        counters_->replies += 1;
        TRY(const auto fields, split_fields(frame.bytes));
        if (fields.empty() || fields.size() - 1 > results.size())
            return broken(Error{ErrorCode::internal, "the root end sent a reply to another request"});
        results.resize(fields.size() - 1);
        for (std::size_t i = 0; i < results.size(); ++i) TRY_VOID(read_result(fields[i + 1], results[i]));
        if (fields[0] == "done") return results;
        TRY_VOID(cancel.check("a request ran on the node"));
        Error error{ErrorCode::stalled, "nothing moved for " + std::string(fields[0].substr(fields[0].find(' ') + 1)) +
                                            " s (no output, no CPU time): the script was ended"};
        if (!results.empty()) {
            error.with_command(commands[results.size() - 1].shown);
            error.with_output(results.back().out + results.back().err);
        }
        return fail(std::move(error));
    }
}

// The next frame, whatever it is. When `cancel` comes, the root end is told, and given time to end what runs.
Result<Frame> RootEnd::next_frame(std::uint64_t number, const Cancel& cancel, bool& cancel_sent) {
    const auto patience = cancel_sent ? 4 * settings_.grace : settings_.silence;
    auto waiting = Cancel::within(patience);
    while (true) {
        auto frame = frames_.next();
        if (!frame) return broken(std::move(frame).error());
        if (*frame) return std::move(**frame);

        std::array<char, kChunk> buffer;
        const auto count =
            process_->read(buffer, cancel_sent ? waiting : cancel.within_at_most(waiting.remaining(patience)));
        if (count && *count > 0) {
            counters_->bytes_in += *count;
            frames_.feed({buffer.data(), *count});
            waiting = Cancel::within(patience);
            continue;
        }
        if (count) return broken(Error{ErrorCode::unreachable, "the connection to the node ended"});
        const bool gave_up = count.error().code == ErrorCode::cancelled || count.error().code == ErrorCode::stalled;
        if (!gave_up) return broken(count.error());
        const bool is_over = cancel_sent || cancel.stop_requested() || cancel.expired();
        if (!is_over && !waiting.expired()) continue;  // clocks are rounded
        if (waiting.expired())
            return broken(
                Error{ErrorCode::unreachable, "nothing was heard from the node for " + in_seconds(patience) + " s"});
        cancel_sent = true;
        TRY_VOID(send(frame_text("cancel", number, 0, "")));
        waiting = Cancel::within(4 * settings_.grace);
    }
}

Status RootEnd::send(std::string_view text) {
    const std::lock_guard lock(write_mutex_);
    if (!usable_) return fail(ErrorCode::unreachable, "the connection to the node is closed");
    // In pieces, each with its own bound: a slow line is no dead one.
    for (std::size_t at = 0; at < text.size(); at += kChunk) {
        auto sent = process_->write(text.substr(at, kChunk), Cancel::within(settings_.silence));
        if (!sent) return broken(std::move(sent).error());
    }
    counters_->bytes_out += text.size();
    return {};
}

std::unexpected<Error> RootEnd::broken(Error error) {
    usable_ = false;
    process_->close();
    // A bound of ours that passed is not the caller's: what it means is that the node is gone.
    if (error.code == ErrorCode::stalled) error.code = ErrorCode::unreachable;
    return fail(std::move(error));
}

void RootEnd::keep_alive() {
    // Whoever writes at this moment is sign of life enough.
    const std::unique_lock lock(write_mutex_, std::try_to_lock);
    if (!lock || !usable_) return;
    const std::string text = frame_text("alive", 0, 0, "");
    if (process_->write(text, Cancel::within(settings_.silence)))
        counters_->bytes_out += text.size();
    else
        usable_ = false;  // the next request finds out and connects again
}

void RootEnd::release_lease() {
    // A root end that cannot be told loses the lease anyway, when its input ends.
    [[maybe_unused]] const Status told = send(frame_text("release", 0, 0, ""));
}

}  // namespace pigsty::node
