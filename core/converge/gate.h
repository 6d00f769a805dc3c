// Gate: waits for a fact ("member 3 streams") for as long as something moves, and shows the cause when nothing does.
//
//     TRY_VOID(wait_for({.fact = "pg-test-3 streams", .node = site.node, .unit = "patroni.service"},
//                       [&]() -> Result<Look> {
//                           TRY(const auto member, patroni.member("pg-test-3"));
//                           return Look{.reached = member.state == "streaming", .moved = member.received_lsn};
//                       },
//                       cancel));
//
// Fails with `stalled` when `moved` has not changed for `stall_timeout`; the error then carries the last journal lines of
// `unit` on that node, and of the newest file in each folder of `logs`: some programs say nothing to the journal. Where a look fails because the unit has failed, nothing is waited
// for. A look that fails counts as "not yet" unless its code is `denied`, `conflict` or `cancelled`.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/node/node.h"

namespace pigsty::converge {

struct Look {
    bool reached = false;
    // Any text that changes while work goes on (bytes received, LSN, state). It also says, in the error, how far it came.
    std::string moved{};
};

struct Gate {
    std::string fact;                 // what is waited for, as the error says it: "pg-test-3 streams"
    node::NodePtr node{};             // where the cause is found; may be null
    std::string unit{};               // whose journal shows the cause
    std::vector<std::string> logs{};  // folders of log files beside the journal
    std::chrono::milliseconds stall_timeout = std::chrono::seconds(120);
    std::chrono::milliseconds interval = std::chrono::milliseconds(200);  // between two looks
};

Status wait_for(const Gate& gate, const std::function<Result<Look>()>& look, const Cancel& cancel);

// The last `lines` lines of a unit's journal since its last start; empty where they cannot be read. For error output.
std::string journal_tail(node::Node& node, const std::string& unit, int lines, const Cancel& cancel);

}  // namespace pigsty::converge
