// Run::Engine: update. Looks at everything before it writes anything (behaviour 1.2).
#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/converge/entries.h"
#include "core/converge/run_engine.h"

namespace pigsty::converge {
namespace {

std::optional<std::string> known(const Managed& managed, const std::string& key) {
    const auto found = managed.find(key);
    return found == managed.end() ? std::nullopt : found->second;
}

}  // namespace

// Drift that is tolerated and no part of what was planned.
bool Run::Engine::is_ignored(const std::string& key) const {
    if (mode != Mode::update) return false;
    const auto planned = known(planned_managed, key);
    if (!planned || planned != known(prior_managed, key)) return false;
    return std::ranges::any_of(ignored, [&](const std::string& pattern) { return matches(pattern, key); });
}

std::optional<item::Change> Run::Engine::change_of(const SiteState& state, const item::Item& item) const {
    const Site& site = *state.site;
    const auto entry = site.claim->items.find(item.label());
    const node::ClaimedItem* claimed = entry == site.claim->items.end() ? nullptr : &entry->second;
    if (auto change = item.compare(state.seen, claimed)) return change;
    // Made anew since the plan, by whomever: no longer due.
    const auto planned = due.find(managed_key(site.member, item));
    if (planned == due.end() || planned->second != fingerprint(item.state(state.seen))) return std::nullopt;
    return item::Change{item::Verb::update, "due"};
}

// Nothing is written anywhere when one item is neither as desired nor as it was when the plan was made.
Status Run::Engine::check_as_planned(const Planned& planned) {
    for (SiteState& state : states) {
        const Site& site = *state.site;
        for (const Wanted& wanted : state.items) {
            const item::Item& item = *wanted.item;
            const std::string key = managed_key(site.member, item);
            const std::string fingerprint_now = fingerprint(item.desired());
            if (const auto wish = known(planned.managed, key); wish && *wish != fingerprint_now && !item.is_silent()) {
                return fail(ErrorCode::internal,
                            fmt::format("{}: planned {}, now {}: a text that depends on what only the apply knows", key,
                                        *wish, fingerprint_now));
            }
            const auto entry = site.claim->items.find(item.label());
            const node::ClaimedItem* claimed = entry == site.claim->items.end() ? nullptr : &entry->second;
            if (!change_of(state, item) || is_ignored(key)) continue;
            const std::string found = item.state(state.seen);
            if (found.empty() || claimed == nullptr) continue;
            const auto prior = known(planned.prior, key);
            const bool ours = claimed->fingerprint == fingerprint_now || !prior || claimed->fingerprint == *prior;
            if (ours && (claimed->digest.empty() || claimed->digest == found)) continue;
            const auto seen_then = planned.observed.find(key);
            if (seen_then != planned.observed.end() && seen_then->second == fingerprint(found)) continue;
            return fail(
                Error{ErrorCode::conflict, fmt::format("{} changed since this plan was made: plan again", key)});
        }
    }
    return {};
}

// A claim that says something else than "ready, and known to a state".
void Run::Engine::take_claim_back_into_use(SiteState& state) const {
    Site& site = *state.site;
    if (!site.claim) {
        // Lost with a disk or a restore; everything on the node is looked at as on a first day.
        site.claim = node::Claim{.kind = identity.kind,
                                 .name = identity.name,
                                 .id = identity.id,
                                 .state = node::ClaimState::ready,
                                 .member = site.member.name,
                                 .spec = options.spec,
                                 .items = {}};
        state.is_stored = false;
    }
    if (site.claim->state != node::ClaimState::ready) {
        // A destroy began and was given up: what it removed is drift, and comes back.
        site.claim->state = node::ClaimState::ready;
        if (site.claim->facts.is_object()) site.claim->facts.erase(kUnfinished);
        state.is_stored = false;
    }
    if (!site.claim->handover.empty()) {
        // The run that made it was killed; that a state changes it now is what it waited for.
        site.claim->handover.clear();
        state.is_stored = false;
    }
}

// What the claim holds and the table no longer wants.
Status Run::Engine::plan_removals(SiteState& state) {
    const Site& site = *state.site;
    std::set<std::string> labels;
    for (const Wanted& wanted : state.items) labels.insert(wanted.item->label());
    for (const std::string& label : undo_order(*site.claim)) {
        if (labels.contains(label)) continue;
        Removal removal{.label = label, .operations = {}};
        const node::ClaimedItem& entry = site.claim->items.at(label);
        if (other_holder(label, *site.claim, site.node->claims()) == nullptr && !may_be_held(site, label, entry)) {
            TRY(removal.operations, item::undo(label, entry));
        }
        state.removals.push_back(std::move(removal));
    }
    return {};
}

// Our claims, as an update needs them, and what of them is no longer wanted.
Status Run::Engine::claims_for_update() {
    for (SiteState& state : states) {
        const Site& site = *state.site;
        if (site.claim && site.claim->id != identity.id) {
            return fail(
                Error{ErrorCode::conflict, fmt::format("{} \"{}\" on this node has the id {}, expected {}",
                                                       identity.kind, identity.name, site.claim->id, identity.id)}
                    .at_host(site.member.name)
                    .with_hint("it is another one with the same name: import it, or use another name or node"));
        }
        take_claim_back_into_use(state);
        item::Items items;
        for (const Wanted& wanted : state.items) items.push_back(wanted.item);
        TRY_VOID(check_exclusive(items, *site.claim, site.node->claims(), site.member.name));
        TRY_VOID(plan_removals(state));
    }
    return {};
}

void Run::Engine::remember(const Planned& planned) {
    planned_managed = planned.managed;
    prior_managed = planned.prior;
    ignored = planned.ignore;
    for (const std::string& key : planned.due)
        if (const auto seen = planned.observed.find(key); seen != planned.observed.end()) due.insert(*seen);
}

bool Run::Engine::expects_changes(const Planned& planned) const {
    return planned.managed != planned.prior || !planned.observed.empty() ||
           std::ranges::any_of(sites, [&](const auto& site) {
               return !site->claim || site->claim->state != node::ClaimState::ready ||
                      site->claim->spec != options.spec || !site->claim->handover.empty();
           });
}

// Where something will be written, the look travels in the request that takes the lease; else it takes none.
Status Run::Engine::look_at_everything(bool expects_changes) {
    std::map<const Site*, node::Probes> probes;
    for (const SiteState& state : states)
        for (const Wanted& wanted : state.items) probes[state.site.get()].merge(wanted.item->probes());
    if (expects_changes) {
        TRY_VOID(take_lease(probes));
        refresh_claims();
        return {};
    }
    const Errors errors = on_all(options.max_parallel_nodes, [&](SiteState& state) -> Status {
        TRY(state.seen, state.site->node->observe_now(probes[state.site.get()], cancel));
        state.is_fresh = true;
        return {};
    });
    return errors.empty() ? Status{} : fail(first_of(errors));
}

Status Run::Engine::store_what_is_left() {
    for (SiteState& state : states) {
        if (state.site->claim->spec == options.spec) continue;
        state.site->claim->spec = options.spec;
        state.is_stored = false;
    }
    if (std::ranges::all_of(states, &SiteState::is_stored)) return {};
    TRY_VOID(begin_changes());
    return store_claims();
}

Error Run::Engine::not_applied_everywhere() const {
    Error error = unreachable.begin()->second;
    error.message = fmt::format("not applied on {}, which did not answer: {}", names(unreachable), error.message);
    error.host = unreachable.begin()->first;
    return std::move(error.with_hint("everything else is done; apply again when it answers"));
}

Status Run::Engine::update(const Table& table, const Planned& planned) {
    mode = Mode::update;
    remember(planned);
    for (const Step& step : table) step_names.push_back(step.name);
    TRY_VOID(connect_once(true));
    journal.emplace("update", identity.kind, identity.name);
    render(table);
    TRY_VOID(check_values());
    TRY_VOID(look_at_everything(expects_changes(planned)));
    TRY_VOID(claims_for_update());
    TRY_VOID(check_as_planned(planned));
    TRY_VOID(check_order_needs_nobody_else(table));
    TRY_VOID(run_steps(table));
    TRY_VOID(store_what_is_left());
    return unreachable.empty() ? Status{} : fail(not_applied_everywhere());
}

// Members that are down are skipped only where no order across members is needed (behaviour 5).
Status Run::Engine::check_order_needs_nobody_else(const Table& table) const {
    if (unreachable.empty()) return {};
    std::set<std::string> changing;
    bool one_at_a_time = false;
    for (const SiteState& state : states) {
        for (const Wanted& wanted : state.items) {
            if (!change_of(state, *wanted.item)) continue;
            changing.insert(table[wanted.step].name);
            one_at_a_time = one_at_a_time || table[wanted.step].spread == Spread::serial ||
                            std::ranges::any_of(wanted.item->handlers(), &item::Handler::one_member_at_a_time);
        }
    }
    for (const Step& step : table) {
        const bool watched =
            changing.contains(step.name) ||
            std::ranges::any_of(step.watches, [&](const std::string& name) { return changing.contains(name); });
        one_at_a_time = one_at_a_time ||
                        (step.act && step.spread == Spread::serial && step.act_when == When::when_changed && watched);
    }
    if (!one_at_a_time) return {};
    return fail(Error{ErrorCode::unreachable,
                      fmt::format("{} did not answer, and this change goes from member to member: nothing was written",
                                  names(unreachable))}
                    .at_host(unreachable.begin()->first)
                    .with_output(unreachable.begin()->second.message)
                    .with_hint("bring it back and apply again"));
}

}  // namespace pigsty::converge
