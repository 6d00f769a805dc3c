#include "core/item/account.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/line_format.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

// What useradd accepts on Debian, so that the error comes before anything is contacted.
bool is_account_name(std::string_view name) {
    const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    const auto is_next = [&](char c) { return is_first(c) || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= 32 && is_first(name.front()) && std::ranges::all_of(name, is_next);
}

}  // namespace

std::string AccountItem::desired() const {
    std::string text =
        fmt::format("account {} group {} home {} shell {}", spec_.name, group(), spec_.home, spec_.shell);
    for (const std::string& extra : spec_.groups) text += " in " + extra;
    return text;
}

node::Probes AccountItem::probes() const {
    node::Probes probes = {{node::ProbeKind::account, spec_.name}, {node::ProbeKind::group, group()}};
    for (const std::string& extra : spec_.groups) probes.insert({node::ProbeKind::group, extra});
    return probes;
}

std::optional<Change> AccountItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const auto account = seen.account(spec_.name);
    if (!account) return Change{Verb::create, "missing"};
    std::vector<std::string> reasons;
    for (const std::string& extra : spec_.groups) {
        if (!account->groups.contains(extra)) reasons.push_back("not in group " + extra);
    }
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> AccountItem::operations(const Change& change) const {
    std::string script;
    const auto add_group = [&](const std::string& name) {
        script += fmt::format("getent group {0} >/dev/null || groupadd --system -- {0} || exit 1\n", shell_quote(name));
    };
    if (change.verb == Verb::create) add_group(group());
    for (const std::string& extra : spec_.groups) add_group(extra);
    if (change.verb == Verb::create) {
        // A package that was installed a moment ago may have made it.
        script += fmt::format(
            "getent passwd {0} >/dev/null || useradd --system --gid {1} --home-dir {2} {3} --shell {4} --comment {5} "
            "-- {0} || exit 1\n",
            shell_quote(spec_.name), shell_quote(group()), shell_quote(spec_.home),
            spec_.create_home ? "--create-home" : "--no-create-home", shell_quote(spec_.shell),
            shell_quote(spec_.comment));
    }
    for (const std::string& extra : spec_.groups) {
        script +=
            fmt::format("usermod --append --groups {} -- {} || exit 1\n", shell_quote(extra), shell_quote(spec_.name));
    }
    return {node::RunScript{.text = script}};
}

node::ClaimedItem AccountItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    node::ClaimedItem entry{.kind = kind(),
                            .fingerprint = fingerprint(desired()),
                            .existed_before = seen.account(spec_.name).has_value(),
                            .shared = true,
                            .probes = {looked.begin(), looked.end()}};
    entry.undo = nlohmann::json::object();
    if (!seen.group_exists(group())) entry.undo["was_without_group"] = group();
    return entry;
}

Status AccountItem::valid() const {
    for (const std::string& name : {spec_.name, group()}) {
        if (!is_account_name(name)) {
            return fail(ErrorCode::invalid,
                        fmt::format("{}: \"{}\" is not a system account's name (a-z, 0-9, _ and -, at most 32)",
                                    label(), name));
        }
    }
    for (const std::string& name : spec_.groups) {
        if (!is_account_name(name))
            return fail(ErrorCode::invalid, fmt::format("{}: \"{}\" is not a group's name", label(), name));
    }
    for (const std::string& field : {spec_.home, spec_.shell, spec_.comment}) {
        TRY_VOID(check_line(label(), field));
        if (field.contains(':'))
            return fail(ErrorCode::invalid,
                        fmt::format("{}: \"{}\" holds a colon, which passwd cannot", label(), field));
    }
    return {};
}

std::vector<node::Operation> AccountItem::undo(const std::string& name, const node::ClaimedItem& claimed) {
    if (claimed.existed_before) return {};
    std::string script =
        fmt::format("if getent passwd {0} >/dev/null; then userdel -- {0} || exit 1; fi\n", shell_quote(name));
    const std::string group = claimed.undo.value("was_without_group", std::string());
    if (!group.empty()) {
        // userdel has taken a group of the same name already; one that others joined stays.
        script += fmt::format(
            "if getent group {0} >/dev/null; then groupdel -- {0} || echo 'group stays: it is in use' >&2; fi\n",
            shell_quote(group));
    }
    return {node::RunScript{.text = script}};
}

}  // namespace pigsty::item
