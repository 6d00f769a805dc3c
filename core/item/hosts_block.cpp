#include "core/item/hosts_block.h"

#include "core/base/hash.h"
#include "core/item/hosts_file.h"
#include "core/item/line_format.h"

namespace pigsty::item {
namespace {

// What our claim says that we wrote.
std::string written_by_claim(const node::ClaimedItem& claimed) {
    std::string text;
    if (!claimed.undo.is_object()) return text;
    for (const auto& line : claimed.undo.value("lines", nlohmann::json::array()))
        if (line.is_string()) text += line.get<std::string>() + "\n";
    return text;
}

}  // namespace

std::string HostsBlockItem::desired() const {
    std::string text;
    for (const std::string& line : spec_.lines) text += line + "\n";
    return text;
}

node::Probes HostsBlockItem::probes() const { return {{node::ProbeKind::text, std::string(kHosts)}}; }

std::optional<Change> HostsBlockItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const HostsBlock block = block_in(seen.text(std::string(kHosts)).value_or(""), spec_.owner);
    if (!block.damage.empty()) return Change{Verb::update, "damaged: " + block.damage};
    if (!block.lines) return spec_.lines.empty() ? std::nullopt : std::optional(Change{Verb::create, "missing"});
    if (*block.lines == desired() && !spec_.lines.empty()) return std::nullopt;
    return Change{Verb::update, "lines differ"};
}

std::vector<node::Operation> HostsBlockItem::operations(const Change&) const {
    return {rewrite_block(spec_.owner, desired(), {})};
}

node::ClaimedItem HostsBlockItem::claimed(const node::Observation&) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = spec_.lines.empty() ? "missing" : fingerprint(desired()),
            .probes = {*probes().begin()},
            .undo = {{"owner", spec_.owner}, {"lines", spec_.lines}}};
}

std::string HostsBlockItem::state(const node::Observation& seen) const {
    const HostsBlock block = block_in(seen.text(std::string(kHosts)).value_or(""), spec_.owner);
    if (!block.damage.empty()) return "damaged";
    return block.lines ? fingerprint(*block.lines) : "missing";
}

Status HostsBlockItem::valid() const {
    TRY_VOID(check_line(label(), spec_.owner));
    for (const std::string& line : spec_.lines)
        TRY_VOID(check_line(label() + " line \"" + line.substr(0, 40) + "\"", line, true));
    return {};
}

std::vector<node::Operation> HostsBlockItem::undo(const std::string& owner, const node::ClaimedItem& claimed) {
    return {rewrite_block(owner, "", written_by_claim(claimed))};
}

}  // namespace pigsty::item
