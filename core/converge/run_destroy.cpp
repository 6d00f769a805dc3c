// Run::Engine: destroy, from the claims alone.
#include <algorithm>

#include <fmt/format.h>

#include "core/converge/entries.h"
#include "core/converge/run_engine.h"

namespace pigsty::converge {

Status Run::Engine::destroy(const Table& before, bool forget_unreachable) {
    mode = Mode::destroy;
    for (const Step& step : before) step_names.push_back(step.name);
    step_names.emplace_back("remove what was made");
    if (auto connected = connect_once(true); !connected) {
        if (is_silence(connected.error()) && forget_unreachable) {
            warn(fmt::format("{} \"{}\": {}; what is on the nodes stays there", identity.kind, identity.name,
                             connected.error().message));
            return {};
        }
        return fail(std::move(connected).error().with_hint(
            "if these machines are gone for good, take the resource out of the state with `state rm` or a `removed {}` "
            "block, or set `forget_unreachable = true` in the provider block for this one run"));
    }
    for (const auto& [name, error] : unreachable) {
        if (!forget_unreachable) {
            Error stuck = error;
            stuck.host = name;
            return fail(std::move(stuck.with_hint(
                "nothing was removed yet: bring it back and destroy again; if it is gone for good, set "
                "`forget_unreachable = true` in the provider block for this one run, or take the resource out of the "
                "state with `state rm` or a `removed {}` block, and what is on the other machines stays")));
        }
        warn(fmt::format("{} did not answer: what {} \"{}\" left on it stays there", name, identity.kind,
                         identity.name));
    }
    for (const auto& site : sites) {
        if (!site->claim || site->claim->id == identity.id) continue;
        warn(fmt::format("{}: {} \"{}\" there has the id {} and is not ours: left alone", site->member.name,
                         identity.kind, identity.name, site->claim->id));
        site->claim.reset();
    }
    // Sites without a claim of ours: cleaned by an earlier, interrupted destroy.
    const auto leave_out = [&] {
        const auto is_other = [&](const Site& site) { return !site.claim || site.claim->id != identity.id; };
        std::erase_if(states, [&](const SiteState& state) { return is_other(*state.site); });
        std::erase_if(sites, [&](const auto& site) { return is_other(*site); });
        return sites.empty();
    };
    if (leave_out()) return {};
    TRY_VOID(take_lease({}));
    // Whoever held the lease before us may have removed it, or added to it.
    refresh_claims();
    if (leave_out()) return {};
    journal.emplace("destroy", identity.kind, identity.name);
    const bool in_use =
        std::ranges::all_of(sites, [](const auto& site) { return site->claim->state == node::ClaimState::ready; });
    if (in_use) TRY_VOID(destroy_acts(before, true));
    for (SiteState& state : states) {
        node::Claim& claim = *state.site->claim;
        if (claim.state == node::ClaimState::removing) continue;
        if (claim.state == node::ClaimState::creating) {
            if (!claim.facts.is_object()) claim.facts = nlohmann::json::object();
            claim.facts[kUnfinished] = true;
        }
        claim.state = node::ClaimState::removing;
        state.is_stored = false;
    }
    TRY_VOID(store_claims());
    TRY_VOID(destroy_acts(before, false));
    const Errors errors = on_all(options.max_parallel_nodes, [&](SiteState& state) { return undo_site(state); });
    if (!errors.empty()) return fail(at_step(first_of(errors), step_names.size() - 1));
    return {};
}

Status Run::Engine::destroy_acts(const Table& before, bool while_in_use) {
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (!before[i].act || before[i].while_in_use != while_in_use) continue;
        if (auto status = cancel.check("beginning " + step_text(i)); !status)
            return fail(at_step(std::move(status).error(), i));
        TRY_VOID(act(before, i));
    }
    return {};
}

// One delivery: everything undone, last made first; then what the services that stay must read again; then the claim.
Status Run::Engine::undo_site(SiteState& state) {
    Site& site = *state.site;
    const node::Claim& claim = *site.claim;
    const std::vector<node::Claim> claims = site.node->claims();
    struct Part {
        std::string what;
        node::Operation operation;
    };
    std::vector<Part> parts;
    PendingHandlers handlers;
    std::map<std::string, std::string> journaled;
    for (const std::string& label : undo_order(claim)) {
        journaled[label] = "";
        const node::ClaimedItem& entry = claim.items.at(label);
        if (other_holder(label, claim, claims) != nullptr || may_be_held(site, label, entry)) continue;
        TRY(auto operations, item::undo(label, entry));
        for (auto& operation : operations) parts.push_back({"remove " + label, std::move(operation)});
        if (entry.undo.is_object())
            handlers.add(handlers_from_json(entry.undo.value("handlers", nlohmann::json::array())), {});
    }
    for (const PendingHandler& pending : handlers.in_order())
        parts.push_back({pending.handler.sentence(), script_of(pending)});
    std::vector<node::Operation> operations = {journal->begin("remove", journaled)};
    for (const Part& part : parts) operations.push_back(part.operation);
    operations.push_back(site.node->drop_claim(claim));
    operations.push_back(journal->end("remove"));
    const std::size_t total = operations.size();
    const auto begun = Cancel::Clock::now();
    TRY(const auto results, site.node->request(std::move(operations), cancel));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Cancel::Clock::now() - begun);
    const std::size_t done = results.size() - (results.empty() || results.back().status == 0 ? 0 : 1);
    const auto share = took / static_cast<std::int64_t>(std::max<std::size_t>(parts.size(), 1));
    for (std::size_t i = 0; i < parts.size() && i + 1 < done; ++i) {
        if (i + 1 == parts.size() || parts[i + 1].what != parts[i].what)
            report(site.member.name, parts[i].what, ProgressState::done, share);
    }
    if (done == total) return {};
    const std::string what = done >= 1 && done - 1 < parts.size() ? parts[done - 1].what : "the record of this step";
    Error error{ErrorCode::failed, fmt::format("could not {}", what)};
    if (!results.empty()) error.with_output(results.back().err);
    const auto recorded = site.node->request({journal->failed("remove", error.message)}, Cancel());
    if (!recorded) error.with_output(error.output + "\nand the record of it: " + recorded.error().message);
    return fail(
        std::move(error.with_hint("destroy again when the cause is gone: what is removed already stays removed")));
}

}  // namespace pigsty::converge
