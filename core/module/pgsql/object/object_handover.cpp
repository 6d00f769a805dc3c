#include "core/module/pgsql/object/object_handover.h"

#include <spdlog/fmt/fmt.h>

#include "core/base/quote.h"
#include "core/module/pgsql/object/object_claim.h"
#include "core/node/run_id.h"

namespace pigsty::module::pgsql {
namespace {

using Work = ClusterSession::Work;

constexpr auto kPause = std::chrono::milliseconds(500);

}  // namespace

bool is_open(const ObjectClaim& claim, const std::string& run_id) {
    return claim.state == kReady && !claim.handover.empty() && claim.handover != run_id;
}

Status wait_for_other_run(ClusterSession& session, std::string_view kind, const std::string& name,
                          const Operation& operation, const Cancel& cancel) {
    std::string run;
    TRY_VOID(session.look(
        [&](Work& work) -> Status {
            TRY(const Catalog* const catalog, work.catalog());
            const ObjectClaim* claim = catalog->claim(kind, name);
            if (claim != nullptr && claim->handover != session.run_id()) run = claim->handover;
            return {};
        },
        cancel));
    if (run.empty()) return {};
    const Cancel waiting = cancel.within_at_most(operation.lock_timeout);
    for (const Reached& member : session.reach_members(cancel)) {
        while (true) {
            TRY(const bool lives, node::run_lives(*member.node, run, cancel));
            if (!lives) break;
            if (waiting.pause(kPause)) continue;
            TRY_VOID(cancel.check("waiting for another run"));
            return fail(
                Error{.code = ErrorCode::conflict,
                      .message = fmt::format("{}: the {} \"{}\" was made by another run, which still works there",
                                             session.cluster().name, kind, name)}
                    .at_host(member.name)
                    .with_hint("wait until that run has ended; if its machine died, the node is free 60 s "
                               "later"));
        }
    }
    return session.look(
        [](Work& work) -> Status {
            work.forget();
            return {};
        },
        cancel);
}

std::string takeover_warning(std::string_view kind, std::string_view name) {
    return fmt::format("takes over the {} \"{}\": the run that made it was killed before any state knew of it", kind,
                       name);
}

std::optional<std::string> handover_drift(const ObjectClaim& claim, const std::string& run_id) {
    if (!is_open(claim, run_id)) return std::nullopt;
    return "claim: the run that made it was killed; that a state has it is not noted in the cluster yet";
}

Status confirm_claims(ClusterSession& session, const Cancel& cancel) {
    return session.change(
        [&](Work& work) -> Status {
            TRY_VOID(work.run(kDatabase, {{.text = fmt::format("UPDATE pigsty.claim SET handover = '' WHERE state = {} "
                                                               "AND handover = {}",
                                                               sql_literal(kReady), sql_literal(session.run_id()))}}));
            work.forget();
            return {};
        },
        cancel);
}

}  // namespace pigsty::module::pgsql
