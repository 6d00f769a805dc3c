#include "core/item/directory.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/line_format.h"
#include "core/item/path_state.h"

namespace pigsty::item {

std::string DirectoryItem::desired() const { return "directory " + rights_text(spec_.owner, spec_.group, spec_.mode); }

node::Probes DirectoryItem::probes() const { return {{node::ProbeKind::path, spec_.path}}; }

std::optional<Change> DirectoryItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::PathState found = seen.path(spec_.path);
    if (found.type == node::PathType::absent) return Change{Verb::create, "missing"};
    // A link to a directory, as administrators make them to move data to another disk, cannot be told from here: the
    // operations accept it and refuse everything else.
    if (found.type == node::PathType::link) return std::nullopt;
    if (found.type != node::PathType::directory) {
        return Change{Verb::update, fmt::format("{}, expected a directory", word(found.type))};
    }
    std::vector<std::string> reasons;
    compare_rights(found, spec_.owner, spec_.group, spec_.mode, reasons);
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> DirectoryItem::operations(const Change&) const {
    return {node::RunScript{
        .text = fmt::format("if [ -e {0} ] && ! [ -d {0} ]; then echo {3} >&2; exit 1; fi\n"
                            "umask 022\nmkdir -p -- {0} && chown {1} {0} && chmod {2:04o} {0}\n",
                            shell_quote(spec_.path), shell_quote(spec_.owner + ":" + spec_.group), spec_.mode,
                            shell_quote(spec_.path + " is there and is not a directory: move it away"))}};
}

node::ClaimedItem DirectoryItem::claimed(const node::Observation& seen) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .digest = rights_text(spec_.owner, spec_.group, spec_.mode),
            .existed_before = seen.path(spec_.path).type != node::PathType::absent,
            .shared = spec_.shared,
            .probes = {*probes().begin()},
            .undo = {{"whole", spec_.whole}}};
}

std::string DirectoryItem::state(const node::Observation& seen) const {
    const node::PathState found = seen.path(spec_.path);
    if (found.type == node::PathType::absent) return "missing";
    if (found.type != node::PathType::directory) return std::string(word(found.type));
    return rights_text(found.owner, found.group, found.mode);
}

Status DirectoryItem::valid() const {
    TRY_VOID(check_path(spec_.path, spec_.path));
    // `whole` means rm -rf one day: never of a folder of the system itself.
    if (spec_.whole && std::ranges::count(spec_.path, '/') < 2) {
        return fail(ErrorCode::invalid, fmt::format("{}: a top-level folder cannot be ours as a whole", spec_.path));
    }
    return {};
}

std::vector<node::Operation> DirectoryItem::undo(const std::string& path, const node::ClaimedItem& claimed) {
    if (claimed.existed_before) return {};
    const std::string quoted = shell_quote(path);
    if (claimed.undo.value("whole", false) && std::ranges::count(path, '/') >= 2) {
        return {node::RunScript{.text = fmt::format("rm -rf --one-file-system -- {}\n", quoted)}};
    }
    return {node::RunScript{
        .text =
            fmt::format("if [ -d {0} ] && ! [ -L {0} ]; then rmdir --ignore-fail-on-non-empty -- {0}; fi\n", quoted)}};
}

}  // namespace pigsty::item
