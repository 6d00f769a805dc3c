#include "core/item/cron_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/cron_line.h"
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
    std::string script = fmt::format(
        "if ! command -v cron >/dev/null && ! command -v crond >/dev/null; then\n  echo {} >&2; exit 1\nfi\n",
        shell_quote(label() + ": no cron on this node: install package cron "
                              "(packages = [\"cron\"] of its pigsty_node)"));
    // cron ignores a file that names a user who is not there.
    for (std::size_t i = 0; i < spec_.lines.size(); ++i) {
        const auto user = cron_user(spec_.lines[i]);
        if (!user) continue;
        script +=
            fmt::format("getent passwd {} >/dev/null || {{ echo {} >&2; exit 1; }}\n", shell_quote(*user),
                        shell_quote(fmt::format("crontab[{}]: there is no user {} on this node, and cron would ignore "
                                                "the whole file {}: name one who is there, or make it first",
                                                i, *user, label())));
    }
    return {node::RunScript{.text = std::move(script)},
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
    for (std::size_t i = 0; i < spec_.lines.size(); ++i) {
        auto good = check_cron_line(spec_.lines[i]);
        if (good) continue;
        Error error = std::move(good).error();
        error.message = fmt::format("{}: crontab[{}]: {}", label(), i, error.message);
        return fail(std::move(error));
    }
    return {};
}

}  // namespace pigsty::item
