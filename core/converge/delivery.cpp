#include "core/converge/delivery.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/converge/entries.h"
#include "core/item/put_back.h"
#include "core/item/service.h"

namespace pigsty::converge {
namespace {

using Clock = Cancel::Clock;

// What an operation of the delivery belongs to.
struct Part {
    std::string what{};                 // of progress and errors; empty for bookkeeping
    std::vector<std::string> labels{};  // items that are done once all of their operations are
    bool is_handler = false;
    std::vector<std::string> paths{};  // handler: what it puts back
    std::string step{};
};

class Builder {
  public:
    explicit Builder(node::Node& node, const Delivery& input) : node_(node), input_(input) {}

    void build() {
        std::string steps;
        std::map<std::string, std::string> items;
        for (const ItemChange& change : input_.changes) {
            if (!steps.ends_with(change.step)) steps += (steps.empty() ? "" : ", ") + change.step;
            items[change.item->label()] = fingerprint(change.item->desired());
        }
        for (const Removal& removal : input_.removals) items[removal.label] = "";
        if (input_.changes.empty()) steps = input_.removals.empty() ? "handlers" : "remove";
        add(input_.journal->begin(steps, items));
        add(node_.store_claim(input_.pending));
        const std::vector<std::string> kept = input_.handlers.paths();
        if (!kept.empty()) add(node::RunScript{.text = item::keep_script(kept)});
        add_items();
        for (const Removal& removal : input_.removals) {
            for (const node::Operation& operation : removal.operations)
                add(operation, {.what = "remove " + removal.label, .labels = {removal.label}});
        }
        for (const PendingHandler& pending : input_.handlers.in_order()) {
            if (pending.handler.kind == item::HandlerKind::daemon_reload && units_are_read_) continue;
            add(script_of(pending), {.what = pending.handler.sentence(), .is_handler = true, .paths = pending.paths});
        }
        if (!kept.empty()) add(node::RunScript{.text = item::forget_script(kept)});
        add(node_.store_claim(input_.final));
        add(input_.journal->end(steps));
        if (!input_.then_look.empty()) add(node::Observe{input_.then_look});
    }

    std::vector<node::Operation> operations;
    std::vector<Part> parts;

  private:
    void add(node::Operation operation, Part part = {}) {
        // The mark tells the watching side, while the delivery runs, that everything before it has ended.
        if (auto* script = std::get_if<node::RunScript>(&operation); script != nullptr && !part.what.empty()) {
            script->text = fmt::format("printf '\\036{}\\n'\n", operations.size()) + script->text;
        }
        operations.push_back(std::move(operation));
        parts.push_back(std::move(part));
    }

    // Step by step, so that only what belongs to one step is merged.
    void add_items() {
        const bool reads_units = std::ranges::any_of(input_.handlers.in_order(), [](const PendingHandler& pending) {
            return pending.handler.kind == item::HandlerKind::daemon_reload;
        });
        for (std::size_t first = 0; first < input_.changes.size();) {
            std::size_t end = first;
            std::vector<std::pair<item::ItemPtr, item::Change>> changes;
            for (; end < input_.changes.size() && input_.changes[end].step == input_.changes[first].step; ++end) {
                changes.emplace_back(input_.changes[end].item, input_.changes[end].change);
            }
            for (item::Merged& merged : item::merged(changes)) {
                if (reads_units && !units_are_read_ &&
                    dynamic_cast<const item::ServiceItem*>(merged.items.front().get()) != nullptr) {
                    add(node::RunScript{.text = "systemctl daemon-reload\n"},
                        {.what = "reload systemd's units", .is_handler = true});
                    units_are_read_ = true;
                }
                Part part{.step = input_.changes[first].step};
                for (const auto& item : merged.items) {
                    part.what += (part.what.empty() ? "" : ", ") + item->label();
                    part.labels.push_back(item->label());
                }
                for (node::Operation& operation : merged.operations) {
                    keep_nothing_of_ours(operation, merged.items);
                    add(std::move(operation), part);
                }
            }
            first = end;
        }
    }

    // What stands there is from before us only until we have written it once. A create that was killed, or whose answer was
    // lost, may have claimed a file and come to write it or not: where there was none when it was claimed, it is no file of
    // before; else only an entry that says what its bytes are was written.
    void keep_nothing_of_ours(node::Operation& operation, const std::vector<item::ItemPtr>& items) const {
        auto* put = std::get_if<node::PutFile>(&operation);
        if (put == nullptr) return;
        const bool ours = std::ranges::any_of(items, [&](const item::ItemPtr& item) {
            const auto entry = input_.before.items.find(item->label());
            return entry != input_.before.items.end() &&
                   (input_.before.state == node::ClaimState::ready || !entry->second.existed_before ||
                    !entry->second.digest.empty());
        });
        if (ours) put->keep_before = false;
    }

    node::Node& node_;
    const Delivery& input_;
    bool units_are_read_ = false;
};

// Turns the marks in the output into progress events.
class Watcher {
  public:
    Watcher(const std::vector<Part>& parts, const DeliveryProgress& progress) : parts_(parts), progress_(progress) {}

    void piece(std::string_view text) {
        for (const char c : text) {
            if (waits_for_) {
                if (c != '\n') {
                    if (waits_for_->size() < 300) *waits_for_ += c;
                    continue;
                }
                waits(*waits_for_);
                waits_for_.reset();
            } else if (mark_ && mark_->empty() && c == 'w') {
                waits_for_ = std::string();
                mark_.reset();
            } else if (c == '\x1e')
                mark_ = std::string();
            else if (mark_ && c >= '0' && c <= '9' && mark_->size() < 9)
                *mark_ += c;
            else {
                if (mark_ && !mark_->empty()) reached(std::stoul(*mark_));
                mark_.reset();
            }
        }
    }
    // Every operation before `index` has ended.
    void reached(std::size_t index) {
        const auto now = Clock::now();
        const std::size_t end = std::min(index, parts_.size());
        std::vector<const Part*> ended;
        for (; at_ < end; ++at_) {
            const Part& part = parts_[at_];
            const bool goes_on = at_ + 1 < parts_.size() && parts_[at_ + 1].what == part.what;
            if (!part.what.empty() && !goes_on) ended.push_back(&part);
        }
        if (ended.empty()) return;
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - since_) /
                          static_cast<std::int64_t>(ended.size());
        for (const Part* part : ended) say(*part, ProgressState::done, took, {});
        since_ = now;
    }
    void failed(std::size_t index, const std::string& cause) {
        reached(index);
        if (index < parts_.size() && !parts_[index].what.empty()) {
            say(parts_[index], ProgressState::failed,
                std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since_), cause);
        }
    }

  private:
    // What the running operation says that it waits for: "\036wTEXT".
    void waits(const std::string& what) const {
        if (at_ >= parts_.size() || parts_[at_].what.empty()) return;
        progress_(parts_[at_].what, ProgressState::moving,
                  std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since_), what);
    }

    // Packages of one apt run end together: a line for each.
    void say(const Part& part, ProgressState state, std::chrono::milliseconds took, const std::string& detail) const {
        if (part.is_handler || part.labels.size() < 2) return progress_(part.what, state, took, detail);
        for (const std::string& label : part.labels) progress_(label, state, took, detail);
    }

    const std::vector<Part>& parts_;
    const DeliveryProgress& progress_;
    std::optional<std::string> mark_;
    std::optional<std::string> waits_for_;
    std::size_t at_ = 0;
    Clock::time_point since_ = Clock::now();
};

Error error_of(const Part& part, const node::OperationResult& result) {
    const std::string what = part.what.empty() ? "the record of this step" : part.what;
    const std::string_view cause = last_line(result.err);
    Error error{ErrorCode::failed, cause.empty() ? fmt::format("{}: failed with status {}", what, result.status)
                                                 : fmt::format("{}: {}", what, cause)};
    if (!part.step.empty()) error.at_step(part.step);
    return std::move(error.with_output(result.err));
}

// The claim after a failure: what is done with its final entry, which owes the handlers that did not run, what was put back
// or not begun as before, and what failed half-way as pending.
node::Claim claim_after(const Delivery& input, const Delivered& result, const std::set<std::string>& begun,
                        const std::set<std::string>& handled) {
    node::Claim claim = input.pending;
    for (const ItemChange& change : input.changes) {
        const std::string label = change.item->label();
        const auto before = input.before.items.find(label);
        if (result.taken_back.contains(label) || (!begun.contains(label) && !result.done.contains(label))) {
            if (before != input.before.items.end())
                claim.items[label] = before->second;
            else if (!begun.contains(label))
                claim.items.erase(label);
        } else if (result.done.contains(label)) {
            const auto handlers = change.item->handlers();
            const bool told = std::ranges::all_of(
                handlers, [&](const item::Handler& handler) { return handled.contains(handler.sentence()); });
            const node::ClaimedItem& entry = input.final.items.at(label);
            claim.items[label] = told ? entry : owing(entry);
        } else if (before != input.before.items.end()) {
            // Half-way, or taken back by its own check: of what is there nothing is believed, and the next change may be
            // to a third text.
            claim.items[label] = pending(before->second);
        }
    }
    for (const Removal& removal : input.removals) {
        if (result.done.contains(removal.label)) claim.items.erase(removal.label);
    }
    return claim;
}

}  // namespace

Delivered deliver(node::Node& node, const Delivery& input, const DeliveryProgress& progress, const Cancel& cancel) {
    Builder builder(node, input);
    builder.build();
    Watcher watcher(builder.parts, progress);
    Delivered result;
    const auto answers =
        node.request(builder.operations, cancel, [&](std::string_view piece) { watcher.piece(piece); });
    if (!answers) {
        result.error = answers.error();
        return result;
    }
    const std::size_t total = builder.operations.size();
    std::size_t ended = answers->size();
    if (!answers->empty() && answers->back().status != 0) ended -= 1;
    std::set<std::string> begun;
    std::set<std::string> handled;
    for (std::size_t i = 0; i < total; ++i) {
        const Part& part = builder.parts[i];
        if (part.is_handler) {
            if (i < ended) handled.insert(part.what);
            continue;
        }
        const auto* put = std::get_if<node::PutFile>(&builder.operations[i]);
        if (i < ended && put != nullptr && put->keep_before && !(*answers)[i].out.empty())
            result.kept.emplace_back(put->path, (*answers)[i].out);
        if (i < ended) result.done.insert(part.labels.begin(), part.labels.end());
        if (i <= ended) begun.insert(part.labels.begin(), part.labels.end());
        if (i >= ended)
            for (const auto& label : part.labels) result.done.erase(label);
    }
    if (ended == total) {
        watcher.reached(total);
        return result;
    }
    const Part& broken = builder.parts[ended];
    Error error = error_of(broken, answers->size() > ended ? answers->back() : node::OperationResult{});
    watcher.failed(ended, error.message);
    for (const ItemChange& change : input.changes) {
        for (const std::string& path : change.item->paths()) {
            if (broken.is_handler && std::ranges::find(broken.paths, path) != broken.paths.end())
                result.taken_back.insert(change.item->label());
        }
    }
    for (const std::string& label : result.taken_back) result.done.erase(label);
    // So that the claim and the journal tell the truth; where even that fails, `pending` stands, which claims too much.
    const auto recorded = node.request({node.store_claim(claim_after(input, result, begun, handled)),
                                        input.journal->failed(broken.step, error.message)},
                                       Cancel());
    if (!recorded) error.with_output(error.output + "\nand the record of it: " + recorded.error().message);
    result.error = std::move(error);
    return result;
}

}  // namespace pigsty::converge
