#include "core/converge/gate.h"

#include <fmt/format.h>

#include "core/base/quote.h"
#include "core/node/clock_text.h"

namespace pigsty::converge {
namespace {

std::string seconds(std::chrono::milliseconds span) {
    return fmt::format("{:.3g} s", std::chrono::duration<double>(span).count());
}

// What can pass by itself is waited for; what cannot is told at once.
bool is_final(ErrorCode code) {
    return code == ErrorCode::denied || code == ErrorCode::conflict || code == ErrorCode::cancelled ||
           code == ErrorCode::invalid || code == ErrorCode::unsupported || code == ErrorCode::internal;
}

// It failed, or it ended by itself and nothing is about to start it.
bool has_ended(node::Node& node, const std::string& unit, const Cancel& cancel) {
    const node::RunScript script{.text = fmt::format("case $(systemctl show --property=ActiveState,Job -- {}) in\n"
                                                     "*Job=[1-9]*) exit 1;;\n"
                                                     "*ActiveState=failed*|*ActiveState=inactive*) exit 0;;\n"
                                                     "esac\nexit 1\n",
                                                     shell_quote(unit)),
                                 .may_fail = true,
                                 .writes = false};
    const auto results = node.request({script}, cancel);
    return results && !results->empty() && results->back().status == 0;
}

std::string newest_log_tail(node::Node& node, const std::string& folder) {
    const node::RunScript script{.text = fmt::format("file=$(find {} -maxdepth 1 -type f -size +0 -printf '%T@ %p\\n' "
                                                     "| sort -n | tail -n 1 | cut -d ' ' -f 2-)\n"
                                                     "[ -z \"$file\" ] || tail -n 200 -- \"$file\" | "
                                                     "grep -vE '^ |^Traceback' | tail -n 8 | cut -c 1-300\n",
                                                     shell_quote(folder)),
                                 .may_fail = true,
                                 .writes = false};
    const auto results = node.request({script}, Cancel().within_at_most(std::chrono::seconds(10)));
    return results && !results->empty() ? results->back().out : std::string();
}

}  // namespace

std::string journal_tail(node::Node& node, const std::string& unit, int lines, const Cancel& cancel) {
    const std::string quoted = shell_quote(unit);
    // Of the last start only: what an earlier life said would mislead. Without the frames of Python's tracebacks, which
    // would push the cause out.
    const node::RunScript script{
        .text = fmt::format(
            "id=$(systemctl show --property=InvocationID --value -- {0})\n"
            "{{ if [ -n \"$id\" ]; then journalctl --lines=200 --no-pager --output=cat _SYSTEMD_INVOCATION_ID=$id\n"
            "else journalctl --unit={0} --lines=200 --no-pager --output=cat; fi; }} | grep -vE '^ |^Traceback' | tail "
            "-n {1}\n",
            quoted, lines),
        .may_fail = true,
        .writes = false};
    const auto results = node.request({script}, cancel.within_at_most(std::chrono::seconds(10)));
    return results && !results->empty() ? results->back().out : std::string();
}

Status wait_for(const Gate& gate, const std::function<Result<Look>()>& look, const Cancel& cancel) {
    const std::string began_at = node::utc_now();
    auto moved_at = Cancel::Clock::now();
    auto unit_seen_at = moved_at;
    // Asked once a second at most.
    const auto unit_has_ended = [&] {
        if (!gate.node || gate.unit.empty() || Cancel::Clock::now() - unit_seen_at < std::chrono::seconds(1))
            return false;
        unit_seen_at = Cancel::Clock::now();
        return has_ended(*gate.node, gate.unit, cancel);
    };
    std::string moved;
    std::string trouble;
    while (true) {
        auto seen = look();
        if (seen && seen->reached) return {};
        if (!seen && is_final(seen.error().code)) return fail(std::move(seen).error());
        trouble = seen ? std::string() : seen.error().message;
        if (seen && seen->moved != moved) {
            moved = seen->moved;
            moved_at = Cancel::Clock::now();
        }
        Error error;
        if (auto status = cancel.check("waiting until " + gate.fact); !status) {
            error = std::move(status).error();
        } else if (Cancel::Clock::now() - moved_at >= gate.stall_timeout) {
            error = Error{ErrorCode::stalled, fmt::format("expected that {}; nothing moved for {}", gate.fact,
                                                          seconds(gate.stall_timeout))};
        } else if (!seen && unit_has_ended()) {
            error = Error{ErrorCode::failed,
                          fmt::format("expected that {}, found that {} does not run", gate.fact, gate.unit)};
        } else {
            // A pause that is cut short means cancelled or out of time: the check above says which.
            (void)cancel.pause(gate.interval);
            continue;
        }
        if (!moved.empty()) error.message += fmt::format("; it came as far as: {}", moved);
        if (!trouble.empty()) error.message += fmt::format("; the last look said: {}", trouble);
        error.message += "; waited since " + began_at;
        if (gate.node && !gate.unit.empty() && error.code != ErrorCode::cancelled) {
            // Its own time: the bound that ran out must not hide the cause.
            std::string output;
            if (const std::string tail = journal_tail(*gate.node, gate.unit, 20, Cancel()); !tail.empty())
                output += fmt::format("last lines of {}:\n{}\n", gate.unit, tail);
            for (const std::string& folder : gate.logs)
                if (const std::string tail = newest_log_tail(*gate.node, folder); !tail.empty())
                    output += fmt::format("last lines in {}:\n{}", folder, tail);
            if (!output.empty()) error.with_output(output);
        }
        if (gate.node && error.host.empty()) error.at_host(gate.node->address().address);
        return fail(std::move(error));
    }
}

}  // namespace pigsty::converge
