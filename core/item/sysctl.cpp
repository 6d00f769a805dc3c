#include "core/item/sysctl.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/line_format.h"
#include "core/item/path_state.h"
#include "core/item/put_back.h"

namespace pigsty::item {
namespace {

bool is_key(std::string_view key) {
    return !key.empty() && !key.starts_with('.') && !key.contains("..") && !key.contains("//") &&
           std::ranges::all_of(key, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("._-/").contains(c);
           });
}

// The kernel answers lists with tabs ("4096\t87380\t6291456").
std::string squeezed(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\t' || c == '\n';
        if (!blank) out += c;
        if (blank && !out.empty() && out.back() != ' ') out += ' ';
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

// Dots separate; a dot inside a part is written as a slash (net.ipv4.conf.eth0/100.forwarding), as sysctl(8) has it.
std::string proc_path(std::string key) {
    for (char& c : key) c = c == '.' ? '/' : c == '/' ? '.' : c;
    return "/proc/sys/" + key;
}

}  // namespace

std::string SysctlItem::desired() const {
    std::string text = "# Kernel settings of pigsty; written whole\n";
    for (const auto& [key, value] : spec_.values) text += fmt::format("{} = {}\n", key, value);
    return text;
}

node::Probes SysctlItem::probes() const {
    node::Probes probes = {{node::ProbeKind::path, path()}};
    for (const auto& [key, value] : spec_.values) probes.insert({node::ProbeKind::sysctl, key});
    return probes;
}

std::optional<Change> SysctlItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState file = seen.path(path());
    std::vector<std::string> reasons;
    if (file.type == node::PathType::absent)
        reasons.emplace_back("missing");
    else if (file.digest != sha256_hex(desired()))
        reasons.emplace_back("content differs");
    for (const auto& [key, value] : spec_.values) {
        const auto live = seen.sysctl(key);
        if (!live)
            reasons.push_back(fmt::format("{} is not known to this kernel", key));
        else if (squeezed(*live) != squeezed(value)) {
            reasons.push_back(fmt::format("{} is {}, expected {}", key, squeezed(*live), squeezed(value)));
        }
    }
    if (reasons.empty()) return std::nullopt;
    return Change{file.type == node::PathType::absent ? Verb::create : Verb::update, join(reasons)};
}

std::vector<node::Operation> SysctlItem::operations(const Change&) const {
    // The values first: a file that cannot come true would fail at the next boot.
    std::string script =
        "squeeze() { tr -s ' \\t\\n' '   ' < \"$1\" | sed 's/^ *//; s/ *$//'; }\nundo=\n"
        "no() { echo \"$1\" >&2; eval \"$undo\"; exit 1; }\n";
    for (const auto& [key, value] : spec_.values) {
        const std::string file = shell_quote(proc_path(key));
        script += fmt::format(
            "[ -e {0} ] || no {3}\nwas=$(squeeze {0})\n"
            "if [ \"$was\" != {1} ]; then\n"
            "  printf '%s\\n' {1} 2>/dev/null > {0} || no {4}\"$was\"\n"
            "  undo=\"printf '%s\\\\n' '$was' > {2}; $undo\"\n"
            "  now=$(squeeze {0})\n  [ \"$now\" = {1} ] || no {5}\"$now\"\n"
            "fi\n",
            file, shell_quote(squeezed(value)), proc_path(key),
            shell_quote(fmt::format("sysctl {}: this node's kernel does not have it", key)),
            shell_quote(fmt::format(
                "sysctl {}: cannot be set on this node (in a container /proc/sys is read-only: set it on its "
                "host, or leave it out here); it is ",
                key)),
            shell_quote(fmt::format("sysctl {}: the kernel did not take {}; it is ", key, squeezed(value))));
    }
    return {node::RunScript{.text = script}, node::PutFile{.path = path(), .content = desired()}};
}

node::ClaimedItem SysctlItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = sha256_hex(desired()),
            .existed_before = seen.path(path()).type != node::PathType::absent,
            .probes = {looked.begin(), looked.end()}};
}

std::string SysctlItem::state(const node::Observation& seen) const {
    const node::PathState file = seen.path(path());
    return file.type == node::PathType::absent ? "missing" : file.digest;
}

Status SysctlItem::valid() const {
    TRY_VOID(check_path(label(), path()));
    for (const auto& [key, value] : spec_.values) {
        if (!is_key(key)) {
            return fail(ErrorCode::invalid,
                        fmt::format("sysctl \"{}\": expected a name such as net.core.somaxconn", key));
        }
        TRY_VOID(check_line("sysctl " + key, value, true));
        if (squeezed(value).empty()) return fail(ErrorCode::invalid, fmt::format("sysctl {}: the value is empty", key));
    }
    return {};
}

}  // namespace pigsty::item
