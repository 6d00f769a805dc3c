#include "core/converge/plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/unknown.h"
#include "core/converge/diff.h"
#include "core/item/path_state.h"

namespace pigsty::converge {
namespace {

using item::HandlerKind;

// Unit names are shown as people say them: "haproxy", not "haproxy.service".
std::string spoken(const item::Handler& handler) {
    std::string sentence = handler.sentence();
    if (sentence.ends_with(".service")) sentence.resize(sentence.size() - std::string_view(".service").size());
    return sentence;
}

// The first kDiffLines lines, and how many more there are.
std::string cut(const std::string& text) {
    const auto total = static_cast<std::size_t>(std::ranges::count(text, '\n'));
    if (total <= Preview::kDiffLines) return text;
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < Preview::kDiffLines; ++i) at = text.find('\n', at) + 1;
    return text.substr(0, at) + fmt::format("… {} more lines\n", total - Preview::kDiffLines + 1);
}

std::string diff_of(const std::map<std::string, const DesiredItem*>& before,
                    const std::vector<const DesiredItem*>& changed) {
    // Members whose change is the same are shown together: label and diff body → members.
    std::vector<std::pair<std::string, std::vector<std::string>>> bodies;
    std::map<std::string, std::string> labels;
    for (const DesiredItem* item : changed) {
        const auto old = before.find(managed_key(item->member, *item->item));
        const std::string after = item->item->preview_text();
        const std::string prior = old == before.end() ? "" : old->second->item->preview_text();
        if (has_unknown(after) || has_unknown(prior)) continue;
        const std::string body = unified_diff(item->item->label(), prior, after);
        if (body.empty()) continue;
        const auto same = std::ranges::find(bodies, body, [](const auto& entry) { return entry.first; });
        if (same == bodies.end())
            bodies.push_back({body, {item->member.name}});
        else
            same->second.push_back(item->member.name);
        labels[body] = item->item->label();
    }
    std::string text;
    for (const auto& [body, members] : bodies) {
        const std::string heading = item::join(members) + " " + labels[body];
        const std::size_t second = body.find('\n', body.find('\n') + 1) + 1;
        text += fmt::format("--- {0}\n+++ {0}\n{1}", heading, body.substr(second));
    }
    return cut(text);
}

}  // namespace

std::string managed_key(const Member& member, const item::Item& item) { return member.name + " " + item.label(); }

Desired desired(const Table& table, const std::vector<Member>& members) {
    Desired all;
    for (const Member& member : members) {
        const Site site{.member = member};
        for (const Step& step : table) {
            if (!step.items || (step.where && !step.where(site))) continue;
            for (auto& item : step.items(site)) all.push_back({member, step.name, std::move(item)});
        }
    }
    return all;
}

Managed managed(const Desired& desired) {
    Managed all;
    for (const DesiredItem& entry : desired) {
        if (entry.item->is_silent()) continue;
        const std::string text = entry.item->desired();
        const bool unknown = has_unknown(text) || has_unknown(entry.item->label());
        all[managed_key(entry.member, *entry.item)] = unknown ? std::nullopt : std::optional(fingerprint(text));
    }
    return all;
}

Status valid(const Desired& desired) {
    for (const DesiredItem& entry : desired) {
        if (has_unknown(entry.item->desired()) || has_unknown(entry.item->label())) continue;
        if (auto status = entry.item->valid(); !status)
            return fail(std::move(status).error().at_host(entry.member.name));
    }
    return {};
}

std::vector<std::string> sentences(const std::vector<std::pair<std::string, item::Handler>>& by_member) {
    const auto restarts = [&](const std::string& member, const std::string& unit) {
        return std::ranges::any_of(by_member, [&](const auto& entry) {
            return entry.first == member && entry.second.kind == HandlerKind::restart && entry.second.target == unit;
        });
    };
    std::vector<std::string> all;
    // Reading units again is left out: it changes nothing that anybody could notice.
    for (const HandlerKind kind : {HandlerKind::run, HandlerKind::reload, HandlerKind::restart}) {
        struct Line {
            std::string words;
            std::vector<std::string> members;
            bool one_at_a_time = false;
        };
        std::vector<Line> lines;
        for (const auto& [member, handler] : by_member) {
            if (handler.kind != kind || (kind == HandlerKind::reload && restarts(member, handler.target))) continue;
            auto line = std::ranges::find(lines, spoken(handler), &Line::words);
            if (line == lines.end()) line = lines.insert(lines.end(), Line{.words = spoken(handler), .members = {}});
            if (std::ranges::find(line->members, member) == line->members.end()) line->members.push_back(member);
            line->one_at_a_time = line->one_at_a_time || handler.one_member_at_a_time;
        }
        for (const Line& line : lines) {
            const bool said = line.one_at_a_time && line.members.size() > 1;
            all.push_back(
                fmt::format("{} on {}{}", line.words, item::join(line.members), said ? ", one at a time" : ""));
        }
    }
    return all;
}

Preview preview(const Managed& prior_managed, const Desired& prior, const Desired& planned,
                const std::set<std::string>& drifted) {
    if (prior_managed.empty()) return {};  // a create: everything is new, nothing that runs is disturbed
    const Managed wanted = managed(planned);
    std::map<std::string, const DesiredItem*> before;
    for (const DesiredItem& entry : prior) before[managed_key(entry.member, *entry.item)] = &entry;
    std::vector<std::pair<std::string, item::Handler>> handlers;
    std::vector<const DesiredItem*> changed;
    std::set<std::string> planned_keys;
    for (const DesiredItem& entry : planned) {
        const std::string key = managed_key(entry.member, *entry.item);
        planned_keys.insert(key);
        const auto was = prior_managed.find(key);
        const auto is = wanted.find(key);
        const bool same =
            is != wanted.end() && was != prior_managed.end() && was->second == is->second && was->second.has_value();
        if (is == wanted.end() || (same && !drifted.contains(key))) continue;
        for (const auto& handler : entry.item->handlers()) handlers.emplace_back(entry.member.name, handler);
        if (!same) changed.push_back(&entry);
    }
    // What goes away wants its handlers, too.
    for (const DesiredItem& entry : prior) {
        if (planned_keys.contains(managed_key(entry.member, *entry.item))) continue;
        for (const auto& handler : entry.item->handlers()) handlers.emplace_back(entry.member.name, handler);
    }
    return {.sentences = sentences(handlers), .diff = diff_of(before, changed)};
}

}  // namespace pigsty::converge
