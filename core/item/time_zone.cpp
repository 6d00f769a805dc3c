#include "core/item/time_zone.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kLocal = "/etc/localtime";
constexpr std::string_view kName = "/etc/timezone";
constexpr std::string_view kZones = "/usr/share/zoneinfo/";

// "Asia/Shanghai" from "/usr/share/zoneinfo/Asia/Shanghai" or "../usr/share/zoneinfo/Asia/Shanghai".
std::string zone_of(const std::string& target) {
    const std::size_t at = target.find(kZones.substr(1));
    return at == std::string::npos ? target : target.substr(at + kZones.size() - 1);
}

}  // namespace

node::Probes TimeZoneItem::probes() const {
    return {{node::ProbeKind::path, std::string(kLocal)}, {node::ProbeKind::text, std::string(kName)}};
}

std::optional<Change> TimeZoneItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState local = seen.path(std::string(kLocal));
    std::vector<std::string> reasons;
    if (local.type != node::PathType::link)
        reasons.push_back(fmt::format("{} is {}", kLocal, word(local.type)));
    else if (zone_of(local.target) != zone_)
        reasons.push_back(fmt::format("is {}, expected {}", zone_of(local.target), zone_));
    if (const auto name = seen.text(std::string(kName)); name && *name != zone_ + "\n" && *name != zone_) {
        reasons.push_back(fmt::format("{} differs", kName));
    }
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> TimeZoneItem::operations(const Change&) const {
    const std::string file = shell_quote(std::string(kZones) + zone_);
    return {node::RunScript{
        .text = fmt::format(
            "if ! [ -f {0} ]; then echo {1} >&2; exit 1; fi\n"
            "ln -sfn -- {0} {2}.pigsty-new && mv -fT -- {2}.pigsty-new {2} || exit 1\n"
            "if [ -e {3} ]; then printf '%s\\n' {4} > {3}.pigsty-new && mv -fT -- {3}.pigsty-new {3}; fi\n",
            file,
            shell_quote(fmt::format("time zone {}: this node has no {}{} (wrong name, or package tzdata is missing)",
                                    zone_, kZones, zone_)),
            kLocal, kName, shell_quote(zone_))}};
}

node::ClaimedItem TimeZoneItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = zone_,
            .existed_before = true,
            .probes = {looked.begin(), looked.end()},
            .undo = {{"was_zone", state(seen)}}};
}

std::string TimeZoneItem::state(const node::Observation& seen) const {
    const node::PathState local = seen.path(std::string(kLocal));
    return local.type == node::PathType::link ? zone_of(local.target) : std::string(word(local.type));
}

Status check_time_zone(std::string_view zone) {
    const bool plain =
        !zone.empty() && !zone.starts_with('/') && !zone.contains("..") && std::ranges::all_of(zone, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   std::string_view("/_+-").contains(c);
        });
    if (plain) return {};
    return fail(ErrorCode::invalid,
                fmt::format("time zone \"{}\": expected a name such as Europe/Berlin or Etc/UTC", zone));
}

Status TimeZoneItem::valid() const { return check_time_zone(zone_); }

}  // namespace pigsty::item
