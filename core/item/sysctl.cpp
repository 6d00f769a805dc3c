#include "core/item/sysctl.h"

#include <utility>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/line_format.h"
#include "core/item/path_state.h"
#include "core/item/sysctl_value.h"

namespace pigsty::item {
namespace {

bool holds(std::string_view live, std::string_view value) {
    const std::string answer = single_blanks(live);
    return answer == sysctl_answer(value) || answer == single_blanks(value);
}

// Dots separate; a dot inside a part is written as a slash (net.ipv4.conf.eth0/100.forwarding), as sysctl(8) has it.
std::string proc_path(std::string key) {
    for (char& c : key) c = c == '.' ? '/' : c == '/' ? '.' : c;
    return "/proc/sys/" + key;
}

}  // namespace

SysctlItem::SysctlItem(SysctlSpec spec) : spec_(std::move(spec)), ordered_(in_order(spec_.values)) {}

std::string SysctlItem::desired() const {
    std::string text = "# Kernel settings of pigsty; written whole\n";
    for (const auto& [key, value] : ordered_) text += fmt::format("{} = {}\n", key, value);
    return text;
}

node::Probes SysctlItem::probes() const {
    node::Probes probes = {{node::ProbeKind::path, path()}};
    for (const auto& [key, value] : ordered_) probes.insert({node::ProbeKind::sysctl, key});
    return probes;
}

std::optional<Change> SysctlItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState file = seen.path(path());
    std::vector<std::string> reasons;
    if (file.type == node::PathType::absent)
        reasons.emplace_back("missing");
    else if (file.digest != sha256_hex(desired()))
        reasons.emplace_back("content differs");
    for (const auto& [key, value] : ordered_) {
        const auto live = seen.sysctl(key);
        if (!live)
            reasons.push_back(fmt::format("{} is not known to this kernel", key));
        else if (!holds(*live, value)) {
            reasons.push_back(fmt::format("{} is {}, expected {}", key, single_blanks(*live), single_blanks(value)));
        }
    }
    if (reasons.empty()) return std::nullopt;
    return Change{file.type == node::PathType::absent ? Verb::create : Verb::update, join(reasons)};
}

std::vector<node::Operation> SysctlItem::operations(const Change&) const {
    // The values first: a file that cannot come true would fail at the next boot. All of them are looked at again at the end:
    // what was right before may have been reset by another.
    std::string script =
        "squeeze() { tr -s ' \\t\\n' '   ' < \"$1\" | sed 's/^ *//; s/ *$//'; }\nundo=\n"
        "no() { echo \"$1\" >&2; eval \"$undo\"; exit 1; }\n"
        "holds() { [ \"$1\" = \"$2\" ] || [ \"$1\" = \"$3\" ]; }\n";
    std::string again;
    for (const auto& [key, value] : ordered_) {
        const std::string file = shell_quote(proc_path(key));
        const std::string answer = shell_quote(sysctl_answer(value));
        const std::string written = shell_quote(single_blanks(value));
        script += fmt::format(
            "[ -e {0} ] || no {3}\nwas=$(squeeze {0})\n"
            "if ! holds \"$was\" {6} {1}; then\n"
            "  printf '%s\\n' {1} 2>/dev/null > {0} || no {4}\"$was\"\n"
            "  undo=\"printf '%s\\\\n' '$was' > {2}; $undo\"\n"
            "  now=$(squeeze {0})\n  holds \"$now\" {6} {1} || no {5}\"$now\"\n"
            "fi\n",
            file, written, proc_path(key),
            shell_quote(fmt::format("sysctl {}: this node's kernel does not have it", key)),
            shell_quote(fmt::format(
                "sysctl {}: cannot be set on this node (in a container /proc/sys is read-only: set it on its "
                "host, or leave it out here); it is ",
                key)),
            shell_quote(fmt::format("sysctl {}: the kernel did not take {}; it is ", key, single_blanks(value))),
            answer);
        again += fmt::format("now=$(squeeze {0})\nholds \"$now\" {1} {2} || no {3}\"$now\"\n", file, answer, written,
                             shell_quote(fmt::format("sysctl {}: another setting of this list reset {}; it is ", key,
                                                     single_blanks(value))));
    }
    return {node::RunScript{.text = script + again}, node::PutFile{.path = path(), .content = desired()}};
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
    for (const auto& [key, value] : spec_.values) TRY_VOID(check_line("sysctl " + key, value, true));
    return check_sysctl_settings(spec_.values);
}

}  // namespace pigsty::item
