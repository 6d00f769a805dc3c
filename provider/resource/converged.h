// Converged<S>: a resource whose things live on nodes, as a table of steps over its members (core/converge). Everything
// that such resources share is here: runs, forecast, drift, failure, import of what we made.
//
//     class NodeResource final : public Converged<NodeState> {
//         Declaration<NodeState> declare() const override;
//         converge::Identity identity_of(const NodeState& state) const override { return {"node", state.machine.address}; }
//         std::vector<converge::Member> members(const NodeState& state) const override;
//         converge::Table table(const NodeState& state, const Fleet* fleet) const override;
//         …
//     };
//
// Of one core module's specification with members: module_resource.h, on top of this.
//
// S has a member `common` of type framework::CommonState. `table(state, nullptr)` is called while planning and must then
// be a pure function of the state: items with unknown text come out unknown in `managed`.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/unknown.h"
#include "core/converge/fault.h"
#include "core/converge/plan.h"
#include "core/converge/run.h"
#include "core/converge/step.h"
#include "provider/configuration/fleet.h"
#include "provider/framework/common_attributes.h"
#include "provider/framework/typed_resource.h"
#include "provider/resource/claimed_common.h"
#include "provider/resource/observed.h"
#include "provider/resource/releases.h"

namespace pigsty::provider {

using framework::Call;
using framework::CommonState;
using framework::Declaration;
using framework::Plan;
using framework::Updated;

template <class S>
class Converged : public framework::TypedResource<S>,
                  public framework::Forecasts<S>,
                  public framework::Imports<S>,
                  public framework::HasIdentity,
                  public Releases {
  public:
    // Kind and name of the claim; the id is that of the state, empty before creation.
    [[nodiscard]] virtual converge::Identity identity_of(const S& state) const = 0;
    [[nodiscard]] virtual std::vector<converge::Member> members(const S& state) const = 0;
    // `fleet` is null while planning; acts, which need it, do not run then.
    [[nodiscard]] virtual converge::Table table(const S& state, const Fleet* fleet) const = 0;
    // What an update runs: the whole table, unless acts depend on what changes.
    [[nodiscard]] virtual converge::Table update_table(const S& /*prior*/, const S& planned, const Fleet& fleet,
                                                       Call& /*call*/) const {
        return table(planned, &fleet);
    }
    // Entries of `managed` for what is on no node: dynamic configuration, roles. Keyed by the cluster's name.
    [[nodiscard]] virtual converge::Managed more_managed(const S& /*state*/) const { return {}; }
    // The specification as the claims keep it: no secrets, enough for import and for a destroy without configuration.
    [[nodiscard]] virtual nlohmann::json claimed_spec(const S& state) const = 0;
    [[nodiscard]] virtual Result<S> from_claimed_spec(const nlohmann::json& spec) const = 0;

    // Decides what the system decides once (version, sizing), from the connected members' facts. Before the first step.
    virtual Status decide(S& /*state*/, converge::Run& /*run*/, Call& /*call*/) const { return {}; }
    // Fills in what is computed besides the common attributes. After create, update and read.
    virtual Status complete(S& /*state*/, const converge::Run& /*run*/, Call& /*call*/) const { return {}; }
    // Drift that items do not show (dynamic configuration, SQL), as sentences. Part of read.
    virtual Result<std::vector<std::string>> more_drift(const S& /*state*/, const converge::Run& /*run*/,
                                                        Call& /*call*/) const {
        return std::vector<std::string>{};
    }
    // What a change means beyond items ("restart postgresql on …"), and what is not known yet in a create.
    virtual void more_forecast(const Plan<S>& /*plan*/, framework::Forecast& /*forecast*/) const {}
    // Nodes of other resources that a create or destroy writes to as well, and those that an update does.
    [[nodiscard]] virtual std::vector<node::NodeAddress> also_writes(const S& /*state*/) const { return {}; }
    [[nodiscard]] virtual std::vector<node::NodeAddress> update_also_writes(const S& /*prior*/, const S& /*planned*/,
                                                                            Call& /*call*/) const {
        return {};
    }
    // What a failed update leaves of the prior state and takes of the planned one nevertheless.
    virtual void settle_failed(S& /*left*/, const S& /*planned*/) const {}
    // Some of which has any step that a table of this resource can have: for fault_points().
    [[nodiscard]] virtual std::vector<S> shapes() const { return {S()}; }
    // Steps before a destroy undoes the claims.
    [[nodiscard]] virtual converge::Table before_destroy(const S& /*state*/, const Fleet* /*fleet*/) const {
        return {};
    }

    Result<S> create(const S& planned, Call& call) const final {
        S state = planned;
        const Fleet& fleet = *call.provider<Fleet>();
        converge::Run run(writing_elsewhere(run_options(state, fleet, node::Reach::change), state, fleet, call.cancel),
                          call.cancel);
        TRY_VOID(run.connect());
        for (const converge::Member& member : members(state))
            if (const auto notice = fleet.nodes->take_notice(member.address.address))
                call.diagnostics.add_warning(*notice, "");
        TRY_VOID(decide(state, run, call));
        run.set_spec(spec_of(state));
        TRY_VOID(run.create(table(state, &fleet)));
        state.common.id = run.identity().id;
        TRY_VOID(complete(state, run, call));
        settle(state, run, call);
        run.note_made();
        return state;
    }

    Result<std::optional<S>> read(const S& given, Call& call) const final {
        S state = given;
        const Fleet& fleet = *call.provider<Fleet>();
        converge::Run run(run_options(state, fleet, node::Reach::read), call.cancel);
        auto found = run.read(table(state, &fleet));
        if (!found && is_bearable(state, found.error())) {
            warn_of_silence(state, members(state).front().name, found.error(), call);
            return std::optional<S>(std::move(state));
        }
        TRY(converge::Drift drift, std::move(found));
        if (drift.gone) return std::optional<S>();
        TRY(const auto more, more_drift(state, run, call));
        drift.sentences.insert(drift.sentences.end(), more.begin(), more.end());
        for (const auto& [member, why] : drift.why) warn_of_silence(state, member, why, call);
        state.common.drift = framework::noted_drift(drift.sentences, state.common.drift_ignore);
        call.private_data.set("observed", observed_to_text(drift));
        TRY_VOID(complete(state, run, call));
        return std::optional<S>(std::move(state));
    }

    Updated<S> update(const S& prior, const S& planned, Call& call) const final {
        S state = planned;
        const Fleet& fleet = *call.provider<Fleet>();
        converge::RunOptions options = run_options(state, fleet, node::Reach::read);
        if (auto others = update_also_writes(prior, planned, call); !others.empty())
            options = writing_to(std::move(others), std::move(options), fleet, call.cancel);
        converge::Run run(std::move(options), call.cancel);
        const converge::Table steps = update_table(prior, planned, fleet, call);
        auto outcome = [&]() -> Status {
            TRY_VOID(run.connect(true));
            TRY_VOID(decide(state, run, call));
            run.set_spec(spec_of(state));
            TRY(const converge::Planned what, planned_from(prior, planned, steps, call));
            TRY_VOID(run.update(steps, what));
            return complete(state, run, call);
        }();
        warn(run, call);
        if (!outcome) {
            // What is done is done: the next plan shows the rest.
            S left = prior;
            for (const auto& [key, value] : run.done())
                if (value) left.common.managed.insert_or_assign(key, *value);
            settle_failed(left, planned);
            return Updated<S>::failed(std::move(left), std::move(outcome).error());
        }
        settle(state, run, call);
        return state;
    }

    Status destroy(const S& state, Call& call) const final {
        const Fleet& fleet = *call.provider<Fleet>();
        converge::Run run(writing_elsewhere(run_options(state, fleet, node::Reach::read), state, fleet, call.cancel),
                          call.cancel);
        const Status outcome = run.destroy(before_destroy(state, &fleet), fleet.forget_unreachable);
        warn(run, call);
        return outcome;
    }

    Result<bool> release(const std::string& name, const node::NodeAddress& at, const Fleet& fleet,
                         const Cancel& cancel) const final {
        TRY(const node::NodePtr node, fleet.connect(at, cancel, node::Reach::change));
        TRY_VOID(node->check_claim(claim_kind(), name));
        const auto claim = node->claim(claim_kind(), name);
        if (!claim || claim->state == node::ClaimState::ready) return false;
        TRY(S state, state_of(claim->spec));
        state.common.id = claim->id;
        converge::Run run(writing_elsewhere(run_options(state, fleet, node::Reach::change), state, fleet, cancel),
                          cancel);
        TRY_VOID(run.destroy(before_destroy(state, &fleet)));
        return true;
    }

    [[nodiscard]] std::vector<std::string> fault_points() const final {
        std::vector<std::string> points;
        for (const S& shape : shapes())
            for (std::string& point : converge::fault_points(table(shape, nullptr)))
                if (std::ranges::find(points, point) == points.end()) points.push_back(std::move(point));
        return points;
    }

    framework::Forecast forecast(const Plan<S>& plan) const final {
        framework::Forecast result;
        const converge::Desired planned = desired_of(plan.planned);
        result.managed = managed_of(plan.planned, planned);
        if (plan.prior == nullptr) {
            more_forecast(plan, result);
            return result;
        }
        const auto prior_managed = to_managed(plan.prior->common.managed);
        const auto forecast = converge::preview(prior_managed, desired_of(*plan.prior), planned,
                                                repaired_keys(plan.private_data.get("observed"), plan.planned.common));
        result.last_change = forecast.sentences;
        if (!forecast.diff.empty()) {
            result.advice.push_back({framework::Severity::kWarning,
                                     identity_of(plan.planned).name + ": files that change", forecast.diff,
                                     std::nullopt});
        }
        more_forecast(plan, result);
        return result;
    }

    Result<S> import_state(const framework::ImportKey& key, Call& call) const final {
        TRY(const ImportTarget target, import_target(key));
        const Fleet& fleet = *call.provider<Fleet>();
        TRY(const node::NodePtr node, fleet.connect({.address = target.address}, call.cancel));
        if (!target.name.empty()) TRY_VOID(node->check_claim(claim_kind(), target.name));
        for (const node::Claim& claim : node->claims()) {
            if (claim.kind != claim_kind() || (!target.name.empty() && claim.name != target.name)) continue;
            if (!target.id.empty() && claim.id != target.id) {
                return fail(Error{.code = ErrorCode::conflict,
                                  .message = "expected " + claim.name + " with the id " + target.id +
                                             ", found one with the id " + claim.id}
                                .at_host(target.address)
                                .with_hint("it was made anew since: leave `id` out to import the one that is there"));
            }
            if (claim.state != node::ClaimState::ready) {
                return fail(Error{.code = ErrorCode::conflict,
                                  .message = claim.name + " is there, but its creation has not finished"}
                                .at_host(target.address)
                                .with_hint("apply the configuration that creates it: it goes on where it stopped"));
            }
            TRY(S state, state_of(claim.spec));
            state.common.id = claim.id;
            state.common.managed = known(managed_of(state, desired_of(state)));
            return state;
        }
        return fail(
            Error{.code = ErrorCode::invalid,
                  .message = "expected " + claim_kind() + " " + target.name + ", found no claim of it on this node"}
                .at_host(target.address)
                .with_hint("an import id has the form " + import_form() +
                           ", with the address of a node that belongs to it"));
    }

    // What it is called and the claim's uuid, for ever; and an address that only import asks for (behaviour 3).
    [[nodiscard]] std::vector<framework::IdentityAttribute> identity() const override {
        return {{.name = "name",
                 .description = "Its name.",
                 .from = framework::Path::of("name"),
                 .required_for_import = true},
                id_of_identity(),
                {.name = "address",
                 .description = "Address of a node that belongs to it; only import asks for it.",
                 .required_for_import = true}};
    }

    // For import: "etcd_cluster", and the id's form as the documentation gives it.
    [[nodiscard]] virtual std::string claim_kind() const = 0;
    [[nodiscard]] virtual std::string import_form() const { return "NAME@ADDRESS"; }
    // The id that imports this very resource, for the error of a create that finds it there; empty: NAME@ADDRESS.
    [[nodiscard]] virtual std::string import_id(const S& /*state*/) const { return {}; }
    [[nodiscard]] virtual Result<ImportTarget> import_target(const framework::ImportKey& key) const {
        return import_target_of(key, import_form());
    }

  protected:
    [[nodiscard]] converge::RunOptions run_options(const S& state, const Fleet& fleet, node::Reach reach) const {
        converge::Identity identity = identity_of(state);
        // Not known while planning a create; Run finds the unfinished one or makes a new id.
        identity.id = has_unknown(state.common.id) ? "" : state.common.id;
        return {.identity = std::move(identity),
                .members = members(state),
                .spec = spec_of(state),
                .connect = [&fleet, reach](const node::NodeAddress& address,
                                           const Cancel& cancel) { return fleet.connect(address, cancel, reach); },
                .progress = fleet.progress,
                .max_parallel_nodes = fleet.max_parallel_nodes,
                .lock_timeout = fleet.lock_timeout,
                .import_id = import_id(state),
                .handover = fleet.handover};
    }

    [[nodiscard]] converge::RunOptions writing_elsewhere(converge::RunOptions options, const S& state,
                                                         const Fleet& fleet, const Cancel& cancel) const {
        return writing_to(also_writes(state), std::move(options), fleet, cancel);
    }

    // A machine that does not answer is not written to either.
    [[nodiscard]] static converge::RunOptions writing_to(std::vector<node::NodeAddress> nodes,
                                                         converge::RunOptions options, const Fleet& fleet,
                                                         const Cancel& cancel) {
        options.also_writes = [others = std::move(nodes), &fleet, cancel] {
            std::vector<node::NodePtr> nodes;
            for (const node::NodeAddress& address : others)
                if (auto node = fleet.connect(address, cancel)) nodes.push_back(std::move(*node));
            return nodes;
        };
        return options;
    }

    static framework::IdentityAttribute id_of_identity() {
        return {.name = "id",
                .description = "Its `id`. An import without it takes whichever is there.",
                .from = framework::Path::of("id")};
    }

  private:
    // What the claims keep: the specification, and what configures the resource itself.
    [[nodiscard]] nlohmann::json spec_of(const S& state) const {
        return with_common(claimed_spec(state), state.common);
    }
    Result<S> state_of(const nlohmann::json& spec) const {
        TRY(S state, from_claimed_spec(spec));
        TRY_VOID(read_common(spec, state.common));
        return state;
    }

    [[nodiscard]] converge::Desired desired_of(const S& state) const {
        return converge::desired(table(state, nullptr), members(state));
    }

    [[nodiscard]] converge::Managed managed_of(const S& state, const converge::Desired& desired) const {
        converge::Managed managed = converge::managed(desired);
        managed.merge(more_managed(state));
        return managed;
    }

    // The state after a create or an update that worked.
    void settle(S& state, const converge::Run& run, Call& call) const {
        state.common.managed = known(managed_of(state, desired_of(state)));
        state.common.drift.clear();
        call.private_data.erase("observed");
        warn(run, call);
    }

    // A resource on one machine is all of it down when that machine is: no reason to stop everybody else's plan. Where all
    // of several are, something else is wrong (behaviour 5).
    [[nodiscard]] bool is_bearable(const S& state, const Error& error) const {
        return converge::is_silence(error) && members(state).size() == 1;
    }

    void warn_of_silence(const S& state, const std::string& member, const Error& why, Call& call) const {
        const std::string name = identity_of(state).name;
        call.diagnostics.add_warning(
            name == member ? name + " does not answer" : name + ": " + member + " does not answer",
            summary(why) + "\nIts part of the state is as it was last seen.");
    }

    void warn(const converge::Run& run, Call& call) const {
        for (const std::string& sentence : run.warnings()) call.diagnostics.add_warning(sentence, "");
    }

    Result<converge::Planned> planned_from(const S& prior, const S& planned, const converge::Table& steps,
                                           Call& call) const {
        converge::Planned what;
        what.managed = converge::managed(converge::desired(steps, members(planned)));
        what.prior = to_managed(prior.common.managed);
        what.observed = observed_from_text(call.private_data.get("observed"));
        what.due = due_keys(call.private_data.get("observed"));
        what.ignore = planned.common.drift_ignore;
        if (planned.common.drift_policy == "report") what.ignore = {"*"};
        return what;
    }
};

}  // namespace pigsty::provider
