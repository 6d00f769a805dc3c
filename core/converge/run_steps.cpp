// Run::Engine: the items of a table, phase by phase.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "core/base/contained.h"
#include "core/base/hash.h"
#include "core/converge/entries.h"
#include "core/converge/fault.h"
#include "core/converge/run_engine.h"
#include "core/item/service.h"

namespace pigsty::converge {
namespace {

bool starts_unit(const item::Item& item, const node::Observation& seen) {
    const auto* service = dynamic_cast<const item::ServiceItem*>(&item);
    if (service == nullptr || !service->spec().running.value_or(false)) return false;
    return !is_running(seen.unit(service->spec().unit));
}

bool covers(const node::Observation& seen, const node::Probes& probes) {
    return std::ranges::all_of(probes, [&](const node::Probe& probe) { return seen.has(probe); });
}

std::vector<Wanted> items_of(const Phase& phase, const SiteState& state) {
    std::vector<Wanted> items;
    std::ranges::copy_if(state.items, std::back_inserter(items), [&](const Wanted& wanted) {
        return std::ranges::find(phase.item_steps, wanted.step) != phase.item_steps.end();
    });
    return items;
}

// Of the items that later phases converge.
node::Probes looks_after(const Phase& phase, const SiteState& state) {
    node::Probes probes;
    if (phase.item_steps.empty()) return probes;
    for (const Wanted& wanted : state.items)
        if (wanted.step > phase.item_steps.back()) probes.merge(wanted.item->probes());
    return probes;
}

// They read their files as they start.
void drop_handlers_of_units_that_start(const std::vector<Wanted>& items, SitePlan& plan) {
    for (const Wanted& wanted : items) {
        const bool changes = std::ranges::any_of(plan.delivery.changes,
                                                 [&](const ItemChange& change) { return change.item == wanted.item; });
        if (changes && starts_unit(*wanted.item, plan.state->seen))
            plan.delivery.handlers.drop_unit(wanted.item->label().substr(std::string_view("service ").size()));
    }
}

// What is no longer wanted goes with the last items, and what reads it is told.
void add_removals(SitePlan& plan) {
    Delivery& delivery = plan.delivery;
    for (const Removal& removal : plan.state->removals) {
        const auto entry = delivery.before.items.find(removal.label);
        if (entry == delivery.before.items.end()) continue;
        delivery.removals.push_back(removal);
        if (entry->second.undo.is_object())
            delivery.handlers.add(handlers_from_json(entry->second.undo.value("handlers", nlohmann::json::array())),
                                  {});
        delivery.final.items.erase(removal.label);
    }
}

}  // namespace

bool SitePlan::is_one_at_a_time() const {
    return delivery.handlers.any_one_at_a_time() || std::ranges::any_of(conversations, [](const auto& conversation) {
               return std::ranges::any_of(conversation.first.item->handlers(), &item::Handler::one_member_at_a_time);
           });
}

Status Run::Engine::run_steps(const Table& table) {
    const auto ends = [&](std::size_t step) {
        // With faults, each step by itself; and what is made in conversation must be there before later steps need it.
        if (faults_wanted()) return true;
        return std::ranges::any_of(states, [&](const SiteState& state) {
            return std::ranges::any_of(state.items, [&](const Wanted& wanted) {
                return wanted.step == step && wanted.item->is_conversation();
            });
        });
    };
    const std::vector<Phase> phases = phases_of(table, ends);
    std::size_t last = phases.size();
    for (std::size_t i = 0; i < phases.size(); ++i) {
        if (!phases[i].item_steps.empty()) last = i;
    }
    for (std::size_t i = 0; i < phases.size(); ++i) {
        const Phase& phase = phases[i];
        const std::size_t first_step = phase.item_steps.empty() ? phase.act_step.value_or(0) : phase.item_steps.front();
        if (auto status = cancel.check("beginning " + step_text(first_step)); !status)
            return fail(at_step(std::move(status).error(), first_step));
        if (!phase.item_steps.empty()) TRY_VOID(converge_items(table, phase, i == last));
        if (phase.act_step) TRY_VOID(act(table, *phase.act_step));
    }
    if (last == phases.size()) return converge_items(table, {}, true);
    return {};
}

std::size_t Run::Engine::index_of(const SiteState& state) const {
    return static_cast<std::size_t>(&state - states.data());
}

Status Run::Engine::converge_items(const Table& table, const Phase& phase, bool is_last) {
    std::vector<SitePlan> plans(states.size());
    const auto plan_all = [&]() -> Status {
        const Errors errors = on_all(options.max_parallel_nodes, [&](SiteState& state) -> Status {
            TRY(plans[index_of(state)], plan_site(table, phase, state, is_last));
            return {};
        });
        if (!errors.empty())
            return fail(phase.item_steps.empty() ? first_of(errors)
                                                 : at_step(first_of(errors), phase.item_steps.front()));
        return {};
    };
    // A step that goes from member to member looks at each when its turn comes.
    if (!phase.serial) TRY_VOID(plan_all());
    if (!phase.serial && !is_leased && std::ranges::any_of(plans, &SitePlan::writes)) {
        TRY_VOID(begin_changes());
        // Others may have written while we waited for it.
        for (SiteState& state : states) state.is_fresh = false;
        TRY_VOID(plan_all());
    }
    const bool one_at_a_time =
        phase.serial || (mode == Mode::update && std::ranges::any_of(plans, &SitePlan::is_one_at_a_time));
    // Members that only start go first: those that run and restart may need them.
    std::vector<std::size_t> order(states.size());
    std::iota(order.begin(), order.end(), 0);
    if (one_at_a_time && !phase.serial)
        std::ranges::stable_partition(order, [&](std::size_t i) { return !plans[i].is_one_at_a_time(); });
    bool stopped = false;  // of one at a time only: a member that failed is the last that was touched
    const auto on_site = [&](SiteState& state) -> Status {
        SitePlan& plan = plans[index_of(state)];
        if (phase.serial) {
            TRY(plan, plan_site(table, phase, state, is_last));
            if (!is_leased && plan.writes()) {
                TRY_VOID(begin_changes());
                state.is_fresh = false;
                TRY(plan, plan_site(table, phase, state, is_last));
            }
        }
        return write_site(table, phase, plan);
    };
    const Errors errors =
        for_all(states.size(), one_at_a_time ? 1 : options.max_parallel_nodes, [&](std::size_t turn) -> Status {
            if (one_at_a_time && stopped) return {};
            SiteState& state = states[order[turn]];
            auto status = contained([&] { return on_site(state); });
            if (status) return status;
            status.error().host = state.site->member.name;
            if (one_at_a_time) stopped = true;
            return status;
        });
    if (errors.empty()) return {};
    const Error error = first_of(errors);
    return fail(phase.item_steps.empty() ? error : at_step(error, phase.item_steps.front()));
}

// What a phase has to do on one member: compares what it wants with what was seen, and writes nothing.
Result<SitePlan> Run::Engine::plan_site(const Table& table, const Phase& phase, SiteState& state, bool is_last) {
    const std::vector<Wanted> items = items_of(phase, state);
    TRY_VOID(look_at(items, state));
    SitePlan plan{.state = &state};
    plan.delivery.journal = &*journal;
    plan.delivery.before = plan.delivery.pending = plan.delivery.final = *state.site->claim;
    const std::vector<node::Claim> claims = state.site->node->claims();
    for (const Wanted& wanted : items) plan_item(table, wanted, claims, plan);
    drop_handlers_of_units_that_start(items, plan);
    if (is_last) add_removals(plan);
    // In an update the steps that are left have mostly nothing to do: that is seen with the write, not asked for again.
    if (mode == Mode::update && plan.conversations.empty()) plan.delivery.then_look = looks_after(phase, state);
    plan.delivery.final.spec = options.spec;
    return plan;
}

Status Run::Engine::look_at(const std::vector<Wanted>& items, SiteState& state) {
    if (state.is_fresh) return {};
    node::Probes probes;
    for (const Wanted& wanted : items) probes.merge(wanted.item->probes());
    if (probes.empty()) return {};
    TRY(state.seen, state.site->node->observe_now(probes, cancel));
    return {};
}

void Run::Engine::plan_item(const Table& table, const Wanted& wanted, const std::vector<node::Claim>& claims,
                            SitePlan& plan) {
    const SiteState& state = *plan.state;
    Delivery& delivery = plan.delivery;
    const item::Item& item = *wanted.item;
    const std::string label = item.label();
    const auto entry_now = delivery.before.items.find(label);
    const node::ClaimedItem* claimed = entry_now == delivery.before.items.end() ? nullptr : &entry_now->second;
    const auto change = change_of(state, item);
    if (change && is_ignored(managed_key(state.site->member, item))) return;
    // What was there before us is what the first look of a create saw, not what our packages brought since.
    const node::Observation& origin = covers(state.first_seen, item.probes()) ? state.first_seen : state.seen;
    node::ClaimedItem entry = entry_for(item, origin, delivery.before, claims, wanted.order);
    if (!change) {
        if (const std::string found = item.state(state.seen); !found.empty())
            entry.digest = found;
        else if (claimed != nullptr)
            entry.digest = claimed->digest;
        // As it should be, and nobody told: its handlers are all there is to do.
        const bool owes = owed(claimed).has_value();
        if (owes) delivery.handlers.add(item.handlers(), {});
        delivery.pending.items.insert_or_assign(label, owes ? owing(entry) : entry);
        delivery.final.items.insert_or_assign(label, entry);
        note_done(*state.site, item);
        return;
    }
    delivery.pending.items.insert_or_assign(label, pending(entry));
    if (item.is_conversation()) {
        delivery.final.items.insert_or_assign(label, pending(entry));
        plan.conversations.emplace_back(wanted, *change);
        return;
    }
    delivery.final.items.insert_or_assign(label, entry);
    delivery.changes.push_back({.step = table[wanted.step].name, .item = wanted.item, .change = *change});
    delivery.handlers.add(item.handlers(), item.paths());
}

Status Run::Engine::write_site(const Table& table, const Phase& phase, SitePlan& plan) {
    SiteState& state = *plan.state;
    Site& site = *state.site;
    const auto fault = [&](FaultPlace place) -> Status {
        for (const std::size_t step : phase.item_steps)
            TRY_VOID(fault_point(table[step].name, site.member.name, place));
        return {};
    };
    TRY_VOID(fault(FaultPlace::before));
    if (!plan.writes()) {
        const auto differs = [&](const auto& entry) {
            const auto now = site.claim->items.find(entry.first);
            return now == site.claim->items.end() || !same(now->second, entry.second);
        };
        if (std::ranges::any_of(plan.delivery.final.items, differs)) {
            site.claim->items = plan.delivery.final.items;
            state.is_stored = false;
        }
        return fault(FaultPlace::after);
    }
    if (faults_wanted()) {
        TRY_VOID(site.node->request({site.node->store_claim(plan.delivery.pending)}, cancel));
        TRY_VOID(fault(FaultPlace::written));
    }
    state.is_fresh = false;
    TRY_VOID(send(plan, plan.delivery));
    if (!plan.conversations.empty()) TRY_VOID(converse(plan));
    if (!plan.delivery.then_look.empty()) {
        TRY(const node::Observation seen, site.node->observe(plan.delivery.then_look, cancel));
        state.seen.merge(seen);
        state.is_fresh = true;
    }
    return fault(FaultPlace::after);
}

// One round trip; afterwards the claim in memory is what the node stored, digests included.
Status Run::Engine::send(const SitePlan& plan, const Delivery& input) {
    SiteState& state = *plan.state;
    Site& site = *state.site;
    const Delivered result = deliver(
        *site.node, input,
        [&](const std::string& what, ProgressState state, std::chrono::milliseconds took, const std::string& detail) {
            report(site.member.name, what, state, took, detail);
        },
        cancel);
    for (const ItemChange& change : input.changes) {
        if (result.done.contains(change.item->label())) note_done(site, *change.item);
        note_changed(change.step, site.member.name);
    }
    for (const auto& [label, kept] : result.kept) {
        warn(fmt::format("{} was there before us and is replaced; {} keeps it as {}, and destroy brings it back",
                         site.member.name + " " + label, site.member.name, kept));
    }
    if (auto stored = site.node->claim(identity.kind, identity.name)) site.claim = std::move(stored);
    state.is_stored = true;
    if (result.error) return fail(*result.error);
    return {};
}

Status Run::Engine::converse(SitePlan& plan) {
    SiteState& state = *plan.state;
    Site& site = *state.site;
    node::Probes probes;
    for (const auto& [wanted, change] : plan.conversations) {
        const auto begun = Cancel::Clock::now();
        const auto took = [&] {
            return std::chrono::duration_cast<std::chrono::milliseconds>(Cancel::Clock::now() - begun);
        };
        if (auto status = wanted.item->converse(*site.node, change, cancel); !status) {
            report(site.member.name, wanted.item->label(), ProgressState::failed, took(), status.error().message);
            return fail(at_step(std::move(status).error(), wanted.step));
        }
        report(site.member.name, wanted.item->label(), ProgressState::done, took());
        note_changed(step_names[wanted.step], site.member.name);
        note_done(site, *wanted.item);
        probes.merge(wanted.item->probes());
    }
    TRY(const node::Observation seen, site.node->observe_now(probes, cancel));
    Delivery rest{.journal = &*journal,
                  .changes = {},
                  .handlers = {},
                  .before = *site.claim,
                  .pending = *site.claim,
                  .final = *site.claim};
    for (const auto& [wanted, change] : plan.conversations) {
        if (const auto again = wanted.item->due(seen)) {
            warn(fmt::format("{}: {} right after it was made: is the clock of this node right?",
                             managed_key(site.member, *wanted.item), again->reason));
        }
        const node::ClaimedItem entry = entry_for(*wanted.item, seen, rest.before, {}, wanted.order);
        rest.final.items.insert_or_assign(wanted.item->label(), entry);
        rest.handlers.add(wanted.item->handlers(), {});
    }
    // Without handlers the entries travel with whatever is stored next; until then they are pending, which is the truth.
    if (mode == Mode::create || rest.handlers.in_order().empty()) {
        site.claim = rest.final;
        state.is_stored = false;
        return {};
    }
    return send(plan, rest);
}

Status Run::Engine::begin_changes() {
    const std::lock_guard lock(lease_mutex);
    if (is_leased) return {};
    return take_lease({});
}

Status Run::Engine::store_claims() {
    const Errors errors = on_all(options.max_parallel_nodes, [&](SiteState& state) -> Status {
        Site& site = *state.site;
        if (state.is_stored || !site.claim) return {};
        TRY(const auto results, site.node->request({site.node->store_claim(*site.claim)}, cancel));
        if (results.empty() || results.back().status != 0) {
            return fail(Error{ErrorCode::failed, "the claim could not be stored"}
                            .at_host(site.member.name)
                            .with_output(results.empty() ? "" : results.back().err));
        }
        if (auto stored = site.node->claim(identity.kind, identity.name)) site.claim = std::move(stored);
        state.is_stored = true;
        return {};
    });
    if (errors.empty()) return {};
    return fail(first_of(errors));
}

}  // namespace pigsty::converge
