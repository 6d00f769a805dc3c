#include "core/item/host_name.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kFile = "/etc/hostname";
constexpr std::string_view kLive = "kernel.hostname";

std::string stripped(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

}  // namespace

node::Probes HostNameItem::probes() const {
    return {{node::ProbeKind::text, std::string(kFile)}, {node::ProbeKind::sysctl, std::string(kLive)}};
}

std::optional<Change> HostNameItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    std::vector<std::string> reasons;
    const std::string live = stripped(seen.sysctl(std::string(kLive)).value_or(""));
    if (live != name_) reasons.push_back(fmt::format("is {}, expected {}", live, name_));
    const std::string stored = stripped(seen.text(std::string(kFile)).value_or(""));
    if (stored != name_) reasons.push_back(fmt::format("{} says \"{}\", expected \"{}\"", kFile, stored, name_));
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> HostNameItem::operations(const Change&) const {
    return {node::PutFile{.path = std::string(kFile), .content = name_ + "\n"},
            node::RunScript{.text = fmt::format("hostname -- {}\n", shell_quote(name_))}};
}

node::ClaimedItem HostNameItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = name_,
            .existed_before = true,
            .probes = {looked.begin(), looked.end()},
            .undo = {{"was_name", stripped(seen.text(std::string(kFile)).value_or(""))}}};
}

std::string HostNameItem::state(const node::Observation& seen) const {
    return stripped(seen.text(std::string(kFile)).value_or(""));
}

Status HostNameItem::valid() const {
    const bool plain =
        !name_.empty() && name_.size() <= 63 && name_.front() != '-' && name_.back() != '-' &&
        std::ranges::all_of(name_, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        });
    if (plain) return {};
    return fail(ErrorCode::invalid, fmt::format("host name \"{}\": expected 1 to 63 letters, digits, - and .", name_));
}

}  // namespace pigsty::item
