#include "core/converge/run.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/converge/run_engine.h"

namespace pigsty::converge {

Run::Run(RunOptions options, Cancel cancel)
    : engine_(std::make_unique<Engine>(std::move(options), std::move(cancel))) {}
Run::~Run() = default;

Status Run::connect(bool allow_unreachable) { return engine_->with_address(engine_->connect(allow_unreachable)); }
const std::vector<std::shared_ptr<Site>>& Run::sites() const { return engine_->sites; }
const std::map<std::string, Error>& Run::unreachable() const { return engine_->unreachable; }
const Identity& Run::identity() const { return engine_->identity; }
bool Run::resuming() const { return engine_->is_resuming; }
void Run::set_spec(nlohmann::json spec) { engine_->options.spec = std::move(spec); }

Result<Drift> Run::read(const Table& table) {
    auto drift = engine_->read(table);
    if (!drift) return fail(engine_->with_address(std::move(drift).error()));
    for (auto& [member, why] : drift->why) why = engine_->with_address(std::move(why));
    return drift;
}

// Whatever becomes of it, the nodes are free again when the operation has ended.
Status Run::create(const Table& table) {
    auto status = engine_->create(table);
    engine_->leave_lease();
    return engine_->with_address(std::move(status));
}

Status Run::update(const Table& table, const Planned& planned) {
    auto status = engine_->update(table, planned);
    engine_->leave_lease();
    return engine_->with_address(std::move(status));
}

Status Run::destroy(const Table& before, bool forget_unreachable) {
    auto status = engine_->destroy(before, forget_unreachable);
    engine_->leave_lease();
    return engine_->with_address(std::move(status));
}

void Run::note_made() {
    if (!engine_->options.handover) return;
    for (const auto& site : engine_->sites)
        engine_->options.handover->made_on(site->node, {engine_->identity.kind, engine_->identity.name});
}

Managed Run::done() const {
    const std::lock_guard lock(engine_->mutex);
    return engine_->done;
}

std::vector<std::string> Run::warnings() const {
    const std::lock_guard lock(engine_->mutex);
    return engine_->warnings;
}

Run::Engine::Engine(RunOptions given, Cancel given_cancel)
    : options(std::move(given)), cancel(std::move(given_cancel)), identity(options.identity) {}

std::vector<Phase> phases_of(const Table& table, const std::function<bool(std::size_t)>& ends) {
    std::vector<Phase> phases;
    bool joins = false;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const Step& step = table[i];
        const bool serial = step.spread == Spread::serial;
        if (!joins || serial) phases.emplace_back();
        if (step.items) phases.back().item_steps.push_back(i);
        if (step.act) phases.back().act_step = i;
        phases.back().serial = serial;
        joins = !serial && !step.act && !ends(i);
    }
    return phases;
}

void Run::Engine::render(const Table& table) {
    for (SiteState& state : states) {
        state.items.clear();
        for (std::size_t i = 0; i < table.size(); ++i) {
            if (!table[i].items || (table[i].where && !table[i].where(*state.site))) continue;
            for (auto& item : table[i].items(*state.site))
                state.items.push_back({i, state.items.size(), std::move(item)});
        }
    }
}

Status Run::Engine::check_values() const {
    for (const SiteState& state : states)
        for (const Wanted& wanted : state.items)
            if (auto valid = wanted.item->valid(); !valid)
                return fail(std::move(valid).error().at_host(state.site->member.name));
    return {};
}

Errors Run::Engine::on_all(std::size_t most, const std::function<Status(SiteState&)>& work) {
    Errors errors = for_all(states.size(), most, [&](std::size_t i) { return work(states[i]); });
    for (auto& [index, error] : errors) error.host = states[index].site->member.name;
    return errors;
}

SiteState& Run::Engine::work_of(const Site& site) {
    return *std::ranges::find_if(states, [&](const SiteState& state) { return state.site.get() == &site; });
}

std::string Run::Engine::title() const {
    const std::string_view verb = mode == Mode::create ? "create" : mode == Mode::update ? "update" : "destroy";
    return fmt::format("{} {} {}", verb, identity.kind, identity.name);
}

std::string Run::Engine::step_text(std::size_t step) const {
    return fmt::format("step {} of {}: {}", step + 1, step_names.size(), step_names.at(step));
}

Error Run::Engine::at_step(Error error, std::size_t step) const {
    // A delivery carries several steps: the one that failed is known by its name.
    const auto named = std::ranges::find(step_names, error.step);
    const std::size_t index = named == step_names.end() ? step : static_cast<std::size_t>(named - step_names.begin());
    error.at_step(step_text(index));
    if (error.hint.empty() && mode == Mode::create)
        error.with_hint("what was done so far is recorded on the nodes: apply again to continue");
    return error;
}

Error Run::Engine::with_address(Error error) const {
    const auto member = std::ranges::find(options.members, error.host, &Member::name);
    if (member != options.members.end() && member->address.address != error.host)
        error.host += " (" + member->address.address + ")";
    return error;
}

Status Run::Engine::with_address(Status status) const {
    if (!status) return fail(with_address(std::move(status).error()));
    return status;
}

void Run::Engine::report(const std::string& member, const std::string& what, ProgressState state,
                         std::chrono::milliseconds took, const std::string& detail) const {
    if (options.progress) {
        options.progress->event(
            {.operation = title(), .member = member, .what = what, .state = state, .took = took, .detail = detail});
    }
}

void Run::Engine::note_changed(const std::string& step, const std::string& member) {
    const std::lock_guard lock(mutex);
    changed.emplace(step, member);
}

void Run::Engine::note_stale() {
    const std::lock_guard lock(mutex);
    is_stale = true;
}

void Run::Engine::note_done(const Site& site, const item::Item& item) {
    if (item.is_silent()) return;
    const std::lock_guard lock(mutex);
    done[managed_key(site.member, item)] = fingerprint(item.desired());
}

bool Run::Engine::may_be_held(const Site& site, const std::string& label, const node::ClaimedItem& entry) {
    const auto damaged = site.node->damaged_claims();
    if (!entry.shared || damaged.empty()) return false;
    warn(fmt::format("{} {} stays: {} cannot be read and may hold it, too", site.member.name, label,
                     damaged.begin()->first));
    return true;
}

void Run::Engine::warn(std::string sentence) {
    const std::lock_guard lock(mutex);
    if (std::ranges::find(warnings, sentence) == warnings.end()) warnings.push_back(std::move(sentence));
}

}  // namespace pigsty::converge
