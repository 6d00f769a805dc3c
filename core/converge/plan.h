// Plan: what a plan shows of items, as pure functions of the specification: `managed`, `last_change`, the diff.
//
//     const Desired planned = desired(table_of(plan_spec), members_of(plan_spec));
//     const Desired prior = desired(table_of(state_spec), members_of(state_spec));
//     response.managed = managed(planned);                                  // nullopt → unknown
//     const Preview preview = converge::preview(state.managed, prior, planned, drifted);
//     response.last_change = forecast.sentences;                            // "reload haproxy on pg-test-1, pg-test-2"
//
// Nothing here contacts a node.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/converge/step.h"
#include "core/item/item.h"

namespace pigsty::converge {

// Key "pg-test-2 /etc/haproxy/haproxy.cfg": 12 hex digits of SHA-256 over the desired text, or nullopt while it is unknown.
using Managed = std::map<std::string, std::optional<std::string>>;

std::string managed_key(const Member& member, const item::Item& item);

struct DesiredItem {
    Member member;
    std::string step;
    item::ItemPtr item;
};
using Desired = std::vector<DesiredItem>;

// Every item of every step for these members, without nodes. Reservations are left out of `managed` by managed().
Desired desired(const Table& table, const std::vector<Member>& members);
Managed managed(const Desired& desired);

struct Preview {
    // What the apply will do beyond writing: "reload haproxy on pg-test-1, pg-test-2, pg-test-3". In the order in which
    // it happens; never names who leads.
    std::vector<std::string> sentences;
    // Unified diff of the text files that change, secrets as placeholders, at most kDiffLines lines; equal changes of
    // several members are shown once, with their names.
    std::string diff;

    static constexpr std::size_t kDiffLines = 60;
};

// Handlers of all members as sentences, each once: "reload haproxy on pg-test-1, pg-test-2". In the order of HandlerKind,
// then of first appearance.
std::vector<std::string> sentences(const std::vector<std::pair<std::string, item::Handler>>& by_member);

// `prior_managed` is the state's map; `drifted` are keys whose drift this apply repairs. `prior` may be empty (unknown).
Preview preview(const Managed& prior_managed, const Desired& prior, const Desired& planned,
                const std::set<std::string>& drifted = {});

// What is wrong with these items by themselves (control characters in a line format, a name that cannot be), nothing
// contacted. Items that still hold unknown text are skipped.
Status valid(const Desired& desired);

}  // namespace pigsty::converge
