#include "core/item/cron_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/line_format.h"
#include "core/item/path_state.h"

namespace pigsty::item {

std::string CronFileItem::desired() const {
    std::string text = "# Jobs of pigsty; written whole\n";
    for (const std::string& line : spec_.lines) text += line + "\n";
    return text;
}

node::Probes CronFileItem::probes() const { return {{node::ProbeKind::path, label()}}; }

std::optional<Change> CronFileItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState file = seen.path(label());
    if (file.type == node::PathType::absent) return Change{Verb::create, "missing"};
    std::vector<std::string> reasons;
    if (file.digest != sha256_hex(desired())) reasons.emplace_back("content differs");
    compare_rights(file, "root", "root", 0644, reasons);  // cron refuses files that others may write
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> CronFileItem::operations(const Change&) const {
    return {
        node::RunScript{
            .text = fmt::format(
                "if ! command -v cron >/dev/null && ! command -v crond >/dev/null; then\n  echo {} >&2; exit 1\nfi\n",
                shell_quote(label() + ": no cron on this node: install package cron "
                                      "(packages = [\"cron\"] of its pigsty_node)"))},
        node::PutFile{.path = label(), .content = desired(), .keep_before = true}};
}

node::ClaimedItem CronFileItem::claimed(const node::Observation& seen) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = sha256_hex(desired()) + " " + rights_text("root", "root", 0644),
            .existed_before = seen.path(label()).type != node::PathType::absent,
            .probes = {*probes().begin()}};
}

std::string CronFileItem::state(const node::Observation& seen) const {
    const node::PathState file = seen.path(label());
    return file.type == node::PathType::absent ? "missing"
                                               : file.digest + " " + rights_text(file.owner, file.group, file.mode);
}

Status CronFileItem::valid() const {
    const bool plain = !spec_.name.empty() && std::ranges::all_of(spec_.name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!plain)
        return fail(ErrorCode::invalid,
                    fmt::format("{}: cron reads only files named with letters, digits, - and _", label()));
    for (const std::string& line : spec_.lines)
        TRY_VOID(check_line(label() + " line \"" + line.substr(0, 40) + "\"", line, true));
    return {};
}

}  // namespace pigsty::item
