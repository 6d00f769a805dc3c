#include "core/node/lease.h"

#include <algorithm>
#include <array>
#include <optional>

#include <pwd.h>
#include <unistd.h>

#include "core/base/contained.h"
#include "core/node/clock_text.h"
#include "core/node/parallel.h"

namespace pigsty::node {

namespace {

constexpr auto kPause = std::chrono::milliseconds(500);

LeaseHolder ourselves(const std::string& operation) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
    return {.runner = found ? found->pw_name : std::to_string(::getuid()),
            .host = host.data(),
            .pid = ::getpid(),
            .since = utc_now(),
            .operation = operation};
}

struct Attempt {
    Leased leased;
    std::optional<Error> conflict;  // somebody holds one of them; nothing is held by us
};

// One round over all nodes. The first by address comes alone: of two processes that want the same nodes, the one that gets
// the first gets all, so they cannot take turns in giving way to each other.
Result<Attempt> try_all(const std::vector<LeaseWish>& wishes, const LeaseHolder& holder, std::size_t limit,
                        const Cancel& cancel) {
    Attempt attempt;
    std::vector<std::optional<Result<LeaseAttempt>>> answers(wishes.size());
    const auto ask = [&](std::size_t i) {
        answers[i] = contained([&] { return wishes[i].node->try_lease(holder, wishes[i].probes, cancel); });
        return Status{};
    };
    ask(0);
    if (*answers[0] && !(*answers[0])->held_by)
        in_parallel(wishes.size() - 1, limit, [&](std::size_t i) { return ask(i + 1); });

    std::optional<Error> failed;
    for (std::size_t i = 0; i < wishes.size(); ++i) {
        if (!answers[i]) continue;
        auto& answer = *answers[i];
        const auto& address = wishes[i].node->address().address;
        if (!answer) {
            if (!failed) failed = answer.error();
        } else if (answer->held_by) {
            if (!attempt.conflict)
                attempt.conflict =
                    Error{ErrorCode::conflict, "the node is being changed by " + to_string(*answer->held_by)}
                        .at_host(address)
                        .with_hint("wait until that run has ended; if it died, the node is free 60 s later");
        } else {
            attempt.leased.lease.add(wishes[i].node);
            attempt.leased.seen.emplace(address, std::move(answer->seen));
        }
    }
    if (failed) return fail(*std::move(failed));
    if (attempt.conflict) attempt.leased = {};
    return attempt;
}

}  // namespace

void Lease::release() {
    for (const auto& node : nodes_) node->leave_lease();
    nodes_.clear();
}

std::string to_string(const LeaseHolder& holder) {
    if (holder.runner.empty()) return "somebody";
    return holder.runner + " on " + holder.host + " (process " + std::to_string(holder.pid) + ", since " +
           holder.since + ": " + holder.operation + ")";
}

Result<Leased> lease_all(std::vector<LeaseWish> wishes, const std::string& operation,
                         std::chrono::milliseconds lock_timeout, const Cancel& cancel, std::size_t max_parallel_nodes) {
    if (wishes.empty()) return Leased();
    std::ranges::sort(wishes, {}, [](const LeaseWish& wish) { return wish.node->address().address; });
    const auto holder = ourselves(operation);
    const auto waiting = cancel.within_at_most(lock_timeout);
    while (true) {
        TRY(auto attempt, try_all(wishes, holder, max_parallel_nodes, cancel));
        if (!attempt.conflict) return std::move(attempt.leased);
        if (waiting.pause(kPause)) continue;
        TRY_VOID(cancel.check("waiting for the lease"));
        return fail(*std::move(attempt.conflict));
    }
}

}  // namespace pigsty::node
