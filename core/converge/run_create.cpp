// Run::Engine: create. What exists is refused, what is ours and unfinished goes on.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/converge/entries.h"
#include "core/converge/run_engine.h"
#include "core/item/precondition.h"
#include "core/node/run_id.h"

namespace pigsty::converge {
namespace {

// Kept in the claim's facts: an unfinished create is ours to continue only when it was for the same members.
nlohmann::json members_json(const std::vector<Member>& members) {
    nlohmann::json all = nlohmann::json::object();
    for (const Member& member : members) all[member.name] = member.address.address;
    return all;
}

// Between two looks at whether another run still lives.
constexpr auto kPause = std::chrono::seconds(1);

// A member without a number is its address, however it is called: a name that was corrected since makes no other member.
bool are_same(const nlohmann::json& theirs, const std::vector<Member>& members) {
    if (!theirs.is_object() || theirs.size() != members.size()) return false;
    return std::ranges::all_of(members, [&](const Member& member) {
        if (!member.number.empty())
            return theirs.contains(member.name) && theirs.at(member.name) == member.address.address;
        return std::ranges::any_of(theirs.items(),
                                   [&](const auto& entry) { return entry.value() == member.address.address; });
    });
}

}  // namespace

// A claim may be continued or taken over only when the run that made it is gone. Waited for without the lease: that run may
// need it to come to its end.
Status Run::Engine::check_other_runs(bool may_wait) {
    const Cancel waiting = cancel.within_at_most(options.lock_timeout);
    for (const auto& site : sites) {
        if (!site->claim || site->claim->handover.empty()) continue;
        if (options.handover && site->claim->handover == options.handover->run_id()) continue;
        while (true) {
            TRY(const bool lives, node::run_lives(*site->node, site->claim->handover, cancel));
            if (!lives) break;
            if (may_wait && waiting.pause(kPause)) continue;
            TRY_VOID(cancel.check("waiting for another run"));
            return fail(
                Error{ErrorCode::conflict,
                      fmt::format("{} \"{}\" was made by another run (id {}), which still states on this node",
                                  identity.kind, identity.name, site->claim->id)}
                    .at_host(site->member.name)
                    .with_hint("wait until that run has ended; if its machine died, the node is free 60 s later"));
        }
    }
    return {};
}

Status Run::Engine::check_found_claim(const Site& site, bool any_unfinished) const {
    const node::Claim& claim = *site.claim;
    const std::string what = fmt::format("{} \"{}\"", identity.kind, identity.name);
    const std::string undo_it =
        fmt::format("terraform-provider-pigsty release {} {}", identity.name, site.member.address.address);
    const auto refused = [&](std::string message, std::string hint) {
        return fail(
            Error{ErrorCode::conflict, std::move(message)}.at_host(site.member.name).with_hint(std::move(hint)));
    };
    if (claim.state == node::ClaimState::removing)
        return refused(fmt::format("{} is being removed from this node (id {})", what, claim.id),
                       "finish its destroy first, or undo it with: " + undo_it);
    if (!any_unfinished) {
        const std::string id = options.import_id.empty()
                                   ? fmt::format("{}@{}", identity.name, site.member.address.address)
                                   : options.import_id;
        return refused(fmt::format("{} exists already on this node (id {})", what, claim.id),
                       "import it instead of creating it, with the import id " + id);
    }
    const nlohmann::json theirs =
        claim.facts.is_object() ? claim.facts.value("members", nlohmann::json()) : nlohmann::json();
    if (!are_same(theirs, options.members) || (!site.member.number.empty() && claim.member != site.member.name))
        return refused(fmt::format("an unfinished create of {} with other members is on this node (id {}, members {})",
                                   what, claim.id, theirs.dump()),
                       "create it with those members, or undo it with: " + undo_it);
    if (!identity.id.empty() && identity.id != claim.id)
        return refused(fmt::format("unfinished creates of {} with different ids ({} and {}) are on its nodes", what,
                                   identity.id, claim.id),
                       "undo one with: " + undo_it);
    return {};
}

void Run::Engine::make_claim_ours(SiteState& state) {
    auto& claim = state.site->claim;
    if (!claim) {
        claim = node::Claim{.kind = identity.kind,
                            .name = identity.name,
                            .id = identity.id,
                            .member = state.site->member.name,
                            .spec = options.spec,
                            .items = {}};
        state.is_stored = false;
    }
    if (!claim->facts.is_object()) claim->facts = nlohmann::json::object();
    claim->facts["members"] = members_json(options.members);
    const std::string run_id = options.handover ? options.handover->run_id() : "";
    // Killed between the last stores: some nodes say ready already.
    if (claim->state != node::ClaimState::creating || claim->handover != run_id ||
        claim->member != state.site->member.name)
        state.is_stored = false;
    claim->member = state.site->member.name;
    claim->state = node::ClaimState::creating;
    claim->handover = run_id;
}

// Finds our unfinished claims, or makes new ones in memory; refuses everything else.
Status Run::Engine::prepare_claims() {
    // Killed between the last stores, some nodes say ready already; killed before the state was kept, all of them do, and
    // none of them is handed over: one that is speaks for all.
    const bool any_creating = std::ranges::any_of(
        sites, [](const auto& site) { return site->claim && site->claim->state == node::ClaimState::creating; });
    const bool any_unfinished = any_creating || std::ranges::all_of(sites, [&](const auto& site) {
                                    return !site->claim || Handover::is_open(*site->claim, options.handover.get());
                                });
    for (const auto& site : sites) {
        if (!site->claim) continue;
        TRY_VOID(check_found_claim(*site, any_unfinished));
        identity.id = site->claim->id;
        is_resuming = true;
    }
    for (const auto& site : sites) {
        for (const auto& [file, error] : site->node->damaged_claims())
            warn(fmt::format("{}: {}: what it holds is not known", site->member.name, error.message));
    }
    if (is_resuming && any_creating)
        warn(fmt::format("continues an unfinished create of {} \"{}\"", identity.kind, identity.name));
    else if (is_resuming)
        warn(fmt::format("takes over {} \"{}\": the run that made it was killed before any state knew of it",
                         identity.kind, identity.name));
    if (identity.id.empty()) identity.id = uuid4();
    for (SiteState& state : states) make_claim_ours(state);
    return {};
}

Status Run::Engine::create(const Table& table) {
    mode = Mode::create;
    for (const Step& step : table) step_names.push_back(step.name);
    TRY_VOID(connect_once(false));
    journal.emplace("create", identity.kind, identity.name);
    render(table);
    TRY_VOID(check_values());
    std::map<const Site*, node::Probes> probes;
    std::map<const Site*, std::vector<item::ItemPtr>> items;
    for (const SiteState& state : states) {
        const Site* site = state.site.get();
        for (const Wanted& wanted : state.items) {
            items[site].push_back(wanted.item);
            probes[site].merge(wanted.item->probes());
            if (const auto* condition = dynamic_cast<const item::Precondition*>(wanted.item.get()))
                probes[site].merge(condition->looks());
        }
    }
    const auto check_claims = [&]() -> Status {
        TRY_VOID(prepare_claims());
        for (const auto& site : sites)
            TRY_VOID(check_exclusive(items[site.get()], *site->claim, site->node->claims(), site->member.name));
        return {};
    };
    TRY_VOID(check_claims());  // what cannot be is said before anybody is kept waiting
    // The claims as the nodes have them: ours in memory are this run's already.
    refresh_claims();
    TRY_VOID(check_other_runs(true));
    TRY_VOID(take_lease(probes));
    refresh_claims();
    TRY_VOID(check_other_runs(false));
    TRY_VOID(check_claims());
    for (const SiteState& state : states) {
        const Site& site = *state.site;
        TRY_VOID(check_preconditions(items[state.site.get()], *site.claim, state.seen, site.member.name));
    }
    for (SiteState& state : states) state.first_seen = state.seen;
    TRY_VOID(run_steps(table));
    for (SiteState& state : states) {
        state.site->claim->state = node::ClaimState::ready;
        state.site->claim->spec = options.spec;
        state.is_stored = false;
    }
    TRY_VOID(store_claims());
    return {};
}

}  // namespace pigsty::converge
