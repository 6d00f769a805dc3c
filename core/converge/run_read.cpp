// Run::Engine: read. Looks, and writes nothing.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/converge/entries.h"
#include "core/converge/run_engine.h"
#include "core/node/lease.h"

namespace pigsty::converge {

// Who fell silent after it had answered is as unreachable as who never did.
Status Run::Engine::leave_out_silent(const Errors& errors) {
    if (errors.empty()) return {};
    if (!std::ranges::all_of(errors, [](const auto& entry) { return is_silence(entry.second); }))
        return fail(first_of(errors));
    for (auto entry = errors.rbegin(); entry != errors.rend(); ++entry) {
        const auto at = static_cast<std::ptrdiff_t>(entry->first);
        unreachable.emplace(sites[entry->first]->member.name, entry->second);
        sites.erase(sites.begin() + at);
        states.erase(states.begin() + at);
    }
    return sites.empty() ? fail(nobody_answers(first_of(errors))) : Status{};
}

Result<Drift> Run::Engine::read(const Table& table) {
    TRY_VOID(connect_once(true));
    render(table);
    Drift drift;
    std::mutex drift_mutex;
    bool is_open = false;
    const Errors errors = on_all(options.max_parallel_nodes, [&](const SiteState& state) -> Status {
        Site& site = *state.site;
        node::Probes probes;
        for (const Wanted& wanted : state.items) probes.merge(wanted.item->probes());
        TRY(const node::Observation seen, site.node->observe(probes, cancel));
        const bool is_ours = site.claim && site.claim->id == identity.id;
        const std::lock_guard lock(drift_mutex);
        if (const auto holder = site.node->lease_holder())
            drift.lease_holders.push_back(fmt::format("{}: {}", site.member.name, to_string(*holder)));
        is_open = is_open || (is_ours && Handover::is_open(*site.claim, options.handover.get()));
        if (!is_ours)
            drift.sentences.push_back(
                fmt::format("{}: no record of this {} on the node", site.member.name, identity.kind));
        for (const Wanted& wanted : state.items) {
            const item::Item& item = *wanted.item;
            const node::ClaimedItem* claimed = nullptr;
            if (is_ours) {
                if (const auto entry = site.claim->items.find(item.label()); entry != site.claim->items.end())
                    claimed = &entry->second;
            }
            const std::string key = managed_key(site.member, item);
            auto change = item.compare(seen, claimed);
            if (!change) change = owed(claimed);
            if (!change) {
                change = item.due(seen);
                if (change) drift.due.insert(key);
            }
            if (!change) continue;
            drift.sentences.push_back(fmt::format("{}: {}", key, change->reason));
            drift.keys.insert(key);
            drift.observed[key] = fingerprint(item.state(seen));
        }
        return {};
    });
    TRY_VOID(leave_out_silent(errors));
    drift.gone =
        std::ranges::none_of(sites, [&](const auto& site) { return site->claim && site->claim->id == identity.id; });
    for (const auto& [name, error] : unreachable) {
        drift.unreachable.push_back(name);
        drift.why.emplace(name, error);
    }
    // Who reads it has it in a state, which settles the matter; a Read writes nothing, so the next apply says it.
    if (is_open) {
        drift.sentences.push_back(
            fmt::format("{} claim: the run that made it was killed; that a state has it is not noted on its nodes yet",
                        identity.name));
    }
    std::ranges::sort(drift.sentences);
    std::ranges::sort(drift.lease_holders);
    return drift;
}

}  // namespace pigsty::converge
