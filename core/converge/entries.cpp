#include "core/converge/entries.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/converge/handlers.h"
#include "core/item/precondition.h"

namespace pigsty::converge {
namespace {

// In `undo`: the item is as it should be, its handlers have not run.
constexpr const char* kOwed = "handlers_owed";

bool is_ours(const node::Claim& claim, const node::Claim& ours) {
    return claim.kind == ours.kind && claim.name == ours.name;
}

}  // namespace

node::ClaimedItem entry_for(const item::Item& item, const node::Observation& seen, const node::Claim& ours,
                            const std::vector<node::Claim>& all, std::size_t order) {
    node::ClaimedItem entry = item.claimed(seen);
    const std::string label = item.label();
    const node::ClaimedItem* first = nullptr;
    if (const auto own = ours.items.find(label); own != ours.items.end())
        first = &own->second;
    else if (const auto* other = other_holder(label, ours, all))
        first = &other->items.at(label);
    if (!entry.undo.is_object()) entry.undo = nlohmann::json::object();
    if (first != nullptr) {
        entry.existed_before = first->existed_before;
        std::erase_if(entry.undo.get_ref<nlohmann::json::object_t&>(),
                      [](const auto& field) { return field.first.starts_with("was_"); });
        for (const auto& [key, value] : first->undo.items()) {
            if (key.starts_with("was_")) entry.undo[key] = value;
        }
    }
    entry.undo["order"] = order;
    if (const auto handlers = item.handlers(); !handlers.empty()) entry.undo["handlers"] = to_json(handlers);
    return entry;
}

node::ClaimedItem pending(node::ClaimedItem entry) {
    entry.digest.clear();
    return owing(std::move(entry));
}

node::ClaimedItem owing(node::ClaimedItem entry) {
    if (entry.undo.is_object() && entry.undo.contains("handlers")) entry.undo[kOwed] = true;
    return entry;
}

std::optional<item::Change> owed(const node::ClaimedItem* entry) {
    if (entry == nullptr || !entry->undo.is_object() || !entry->undo.value(kOwed, false)) return std::nullopt;
    return item::Change{item::Verb::update, "written, and what reads it does not know yet"};
}

bool same(const node::ClaimedItem& a, const node::ClaimedItem& b) {
    return a.kind == b.kind && a.fingerprint == b.fingerprint && a.digest == b.digest &&
           a.existed_before == b.existed_before && a.shared == b.shared && a.probes == b.probes && a.undo == b.undo;
}

std::vector<std::string> undo_order(const node::Claim& claim) {
    std::vector<std::pair<std::size_t, std::string>> ordered;
    for (const auto& [label, entry] : claim.items) {
        ordered.emplace_back(entry.undo.is_object() ? entry.undo.value("order", std::size_t{0}) : 0, label);
    }
    std::ranges::sort(ordered, std::greater<>());
    std::vector<std::string> labels;
    for (auto& [order, label] : ordered) labels.push_back(std::move(label));
    return labels;
}

const node::Claim* other_holder(const std::string& label, const node::Claim& ours,
                                const std::vector<node::Claim>& all) {
    const auto found = std::ranges::find_if(
        all, [&](const node::Claim& claim) { return !is_ours(claim, ours) && claim.items.contains(label); });
    return found == all.end() ? nullptr : &*found;
}

Status check_exclusive(const std::vector<item::ItemPtr>& items, const node::Claim& ours,
                       const std::vector<node::Claim>& all, const std::string& member) {
    for (const auto& item : items) {
        const node::Claim* other = other_holder(item->label(), ours, all);
        if (other == nullptr) continue;
        const node::ClaimedItem& theirs = other->items.at(item->label());
        // Whether an item may be shared is written by its class: the entry says it, and so would ours.
        if (theirs.shared) continue;
        return fail(
            Error{ErrorCode::conflict,
                  fmt::format("{} belongs to {} \"{}\" (id {})", item->label(), other->kind, other->name, other->id)}
                .at_host(member)
                .with_hint(fmt::format("use another node or another value for {} \"{}\", or remove the other first",
                                       ours.kind, ours.name)));
    }
    return {};
}

Status check_preconditions(const std::vector<item::ItemPtr>& items, const node::Claim& ours,
                           const node::Observation& seen, const std::string& member) {
    for (const auto& item : items) {
        const auto* condition = dynamic_cast<const item::Precondition*>(item.get());
        if (condition == nullptr || ours.items.contains(item->label())) continue;
        if (auto status = condition->check(seen); !status) return fail(std::move(status).error().at_host(member));
    }
    return {};
}

}  // namespace pigsty::converge
