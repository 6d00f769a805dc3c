#include "core/item/link.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/line_format.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

std::string make_script(const std::string& path, const std::string& target) {
    return fmt::format(
        "if [ -e {0} ] && ! [ -L {0} ]; then echo {3} >&2; exit 1; fi\n"
        "umask 022\nmkdir -p -- \"$(dirname -- {0})\" && ln -sfn -- {1} {2} && mv -fT -- {2} {0}\n",
        shell_quote(path), shell_quote(target), shell_quote(path + ".pigsty-new"),
        shell_quote(path + " is there and is not a link: move it away"));
}

}  // namespace

node::Probes LinkItem::probes() const { return {{node::ProbeKind::path, spec_.path}}; }

std::optional<Change> LinkItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState found = seen.path(spec_.path);
    if (found.type == node::PathType::absent) return Change{Verb::create, "missing"};
    if (found.type != node::PathType::link) {
        return Change{Verb::update, fmt::format("{}, expected a link to {}", word(found.type), spec_.target)};
    }
    if (found.target == spec_.target) return std::nullopt;
    return Change{Verb::update, fmt::format("links to {}, expected {}", found.target, spec_.target)};
}

std::vector<node::Operation> LinkItem::operations(const Change&) const {
    return {node::RunScript{.text = make_script(spec_.path, spec_.target)}};
}

node::ClaimedItem LinkItem::claimed(const node::Observation& seen) const {
    const node::PathState found = seen.path(spec_.path);
    node::ClaimedItem entry{.kind = kind(),
                            .fingerprint = fingerprint(desired()),
                            .digest = "link " + spec_.target,
                            .existed_before = found.type != node::PathType::absent,
                            .shared = spec_.shared,
                            .probes = {*probes().begin()}};
    if (found.type == node::PathType::link) entry.undo = {{"was_target", found.target}};
    return entry;
}

std::string LinkItem::state(const node::Observation& seen) const {
    const node::PathState found = seen.path(spec_.path);
    if (found.type == node::PathType::link) return "link " + found.target;
    return std::string(word(found.type));
}

Status LinkItem::valid() const { return check_path(spec_.path, spec_.path); }

std::vector<node::Operation> LinkItem::undo(const std::string& path, const node::ClaimedItem& claimed) {
    if (claimed.existed_before) {
        const std::string was = claimed.undo.value("was_target", std::string());
        if (was.empty()) return {};
        return {node::RunScript{.text = make_script(path, was)}};
    }
    return {node::RunScript{.text = fmt::format("if [ -L {0} ]; then rm -f -- {0}; fi\n", shell_quote(path))}};
}

}  // namespace pigsty::item
