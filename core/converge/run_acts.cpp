// Run::Engine: acts, and what they get.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/contained.h"
#include "core/base/text.h"
#include "core/converge/fault.h"
#include "core/converge/run_engine.h"
#include "core/node/clock_text.h"
#include "core/node/encode.h"

namespace pigsty::converge {
namespace {

using Clock = Cancel::Clock;

std::chrono::milliseconds since(Clock::time_point begun) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
}

class Context : public StepContext {
  public:
    Context(Run::Engine& engine, std::string step) : engine_(engine), step_(std::move(step)) {}

    [[nodiscard]] const Cancel& cancel() const override { return engine_.cancel; }
    [[nodiscard]] const Identity& identity() const override { return engine_.identity; }
    [[nodiscard]] const Sites& sites() const override { return engine_.sites; }
    [[nodiscard]] bool creating() const override { return engine_.mode == Mode::create; }

    [[nodiscard]] bool changed(std::string_view step, std::string_view member) const override {
        const std::lock_guard lock(engine_.mutex);
        return std::ranges::any_of(engine_.changed, [&](const auto& entry) {
            return entry.first == step && (member.empty() || entry.second == member);
        });
    }
    void changed_something(const Site& site) override {
        engine_.note_stale();
        engine_.note_changed(step_, site.member.name);
    }
    Status begin_changes() override {
        engine_.note_stale();
        return engine_.begin_changes();
    }

    void report(const Site& site, std::string what, Clock::time_point begun) override {
        engine_.report(site.member.name, what, ProgressState::done, since(begun));
    }

    Status wait_for(const Gate& gate, const std::function<Result<Look>()>& look) override {
        engine_.note_stale();
        const std::string member = member_of(gate);
        const auto begun = Clock::now();
        const std::string began_at = node::utc_now();
        auto said_at = begun;
        std::string said;
        const auto watched = [&]() -> Result<Look> {
            auto seen = look();
            if (seen && seen->reached) return seen;
            const std::string now = seen ? seen->moved : seen.error().message;
            // A line a second is enough for people; where nothing moves, one now and then says that we still wait.
            const auto pause = now == said ? std::chrono::seconds(10) : std::chrono::seconds(1);
            if (Clock::now() - said_at >= pause) {
                said = now;
                said_at = Clock::now();
                engine_.report(member, gate.fact, ProgressState::moving, since(begun),
                               "waits since " + began_at + (said.empty() ? "" : ": " + said));
            }
            return seen;
        };
        return converge::wait_for(gate, watched, engine_.cancel);
    }

    Result<std::vector<node::OperationResult>> request(Site& site, std::vector<node::Operation> operations) override {
        if (std::ranges::any_of(operations, node::may_write)) TRY_VOID(begin_changes());
        const std::size_t asked = operations.size();
        std::vector<bool> may_fail;
        for (const auto& operation : operations) {
            const auto* script = std::get_if<node::RunScript>(&operation);
            may_fail.push_back(script != nullptr && script->may_fail);
        }
        TRY(auto results, site.node->request(std::move(operations), engine_.cancel));
        const bool failed = !results.empty() && results.back().status != 0 && !may_fail[results.size() - 1];
        if (results.size() == asked && !failed) return results;
        const std::string said = results.empty() ? std::string() : results.back().err;
        const std::string_view cause = last_line(said);
        return fail(Error{ErrorCode::failed, fmt::format("{}: {}", step_, cause.empty() ? "a command failed" : cause)}
                        .at_host(site.member.name)
                        .with_output(said));
    }

    void warn(std::string sentence) override { engine_.warn(std::move(sentence)); }

  private:
    [[nodiscard]] std::string member_of(const Gate& gate) const {
        for (const auto& site : engine_.sites) {
            if (gate.node && site->node == gate.node) return site->member.name;
        }
        return engine_.identity.name;
    }

    Run::Engine& engine_;
    const std::string step_;
};

}  // namespace

bool Run::Engine::must_act(const Step& step) const {
    if (mode != Mode::update) return true;
    if (step.act_when != When::when_changed) return step.act_when == When::always;
    const std::lock_guard lock(mutex);
    return std::ranges::any_of(changed, [&](const auto& entry) {
        return entry.first == step.name || std::ranges::find(step.watches, entry.first) != step.watches.end();
    });
}

Status Run::Engine::act(const Table& table, std::size_t index) {
    const Step& step = table[index];
    if (!must_act(step)) return {};
    Sites acting;
    for (const auto& site : sites) {
        if (!step.where || step.where(*site)) acting.push_back(site);
    }
    if (step.spread == Spread::once && !acting.empty()) acting.resize(1);
    std::vector<nlohmann::json> facts;
    for (const auto& site : sites) facts.push_back(site->claim ? site->claim->facts : nlohmann::json());
    const auto record_facts = [&]() -> Status {
        bool differs = false;
        for (std::size_t i = 0; i < states.size(); ++i) {
            if (!sites[i]->claim || sites[i]->claim->facts == facts[i]) continue;
            states[i].is_stored = false;
            differs = true;
        }
        if (!differs) return {};
        TRY_VOID(begin_changes());
        return store_claims();
    };
    const std::size_t most = step.spread == Spread::parallel ? options.max_parallel_nodes : 1;
    Errors errors;
    if (step.spread == Spread::serial) {
        for (std::size_t i = 0; i < acting.size() && errors.empty(); ++i) {
            if (auto status = act_on(table, index, *acting[i]); !status) errors.emplace(i, std::move(status).error());
        }
    } else {
        errors = for_all(acting.size(), most, [&](std::size_t i) { return act_on(table, index, *acting[i]); });
    }
    if (std::exchange(is_stale, false))
        for (SiteState& state : states) state.is_fresh = false;
    // What an act learned before another one failed must not be lost.
    auto recorded = record_facts();
    if (!errors.empty()) return fail(at_step(first_of(errors), index));
    return recorded;
}

Status Run::Engine::act_on(const Table& table, std::size_t index, Site& site) {
    const Step& step = table[index];
    const std::string who = step.spread == Spread::once ? identity.name : site.member.name;
    const auto begun = Clock::now();
    const auto within = [&]() -> Status {
        TRY_VOID(fault_point(step.name, site.member.name, FaultPlace::before));
        if (mode == Mode::create) {
            // The claim stands before the first thing is done on the node; the journal line before each step.
            std::vector<node::Operation> record = {journal->begin(step.name, {})};
            SiteState& state = work_of(site);
            if (!state.is_stored) record.push_back(site.node->store_claim(*site.claim));
            TRY(const auto results, site.node->request(std::move(record), cancel));
            if (results.back().status != 0)
                return fail(Error{ErrorCode::failed, "the record of this step cannot be written"}.with_output(
                    results.back().err));
            if (auto stored = site.node->claim(identity.kind, identity.name)) site.claim = std::move(stored);
            state.is_stored = true;
        }
        if (mode == Mode::create) note_stale();
        Context context(*this, step.name);
        TRY_VOID(step.act(site, context));
        return fault_point(step.name, site.member.name, FaultPlace::after);
    };
    auto status = contained(within);
    if (status) {
        report(who, "step " + step.name, ProgressState::done, since(begun));
        return {};
    }
    if (status.error().host.empty()) status.error().host = site.member.name;
    report(who, "step " + step.name, ProgressState::failed, since(begun), status.error().message);
    return status;
}

}  // namespace pigsty::converge
