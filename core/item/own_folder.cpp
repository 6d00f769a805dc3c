#include "core/item/own_folder.h"

#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "core/base/quote.h"
#include "core/item/path_state.h"

namespace pigsty::item {
namespace {

constexpr std::size_t kEntriesNamed = 5;  // of what is in it: enough to recognise whose it is

// A line for each name in it; through links, as administrators make them to move data to another disk. A disk's own
// lost+found is nobody's data. What is no folder lists itself.
node::Probe list_of(const std::string& path) {
    return {
        node::ProbeKind::command,
        fmt::format("if [ -d {0} ]; then ls -Aq -I lost+found -- {0}/; elif [ -e {0} ] || [ -L {0} ]; then echo .; fi",
                    shell_quote(path))};
}

}  // namespace

node::Probes OwnFolderItem::looks() const { return {{node::ProbeKind::path, spec_.path}, list_of(spec_.path)}; }

Status OwnFolderItem::check(const node::Observation& seen) const {
    std::istringstream lines(seen.command(list_of(spec_.path).key));
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) names.push_back(line);
    if (names.empty()) return {};
    const node::PathState found = seen.path(spec_.path);
    if (names == std::vector<std::string>{"."}) {
        const std::string what =
            found.type == node::PathType::link ? "a link to " + found.target : std::string(word(found.type));
        return fail(Error{ErrorCode::conflict,
                          fmt::format("expected {} to be a folder or not there, found {}", spec_.path, what)}
                        .with_hint("move it away, or " + spec_.way_out));
    }
    const std::string rights = rights_text(found.owner, found.group, found.mode);
    const bool may_stay = !spec_.may_hold_others.empty();
    // Behind a link it is not ours to own.
    if (may_stay && (found.type == node::PathType::link || rights == spec_.may_hold_others)) return {};
    std::string held;
    for (std::size_t i = 0; i < names.size() && i < kEntriesNamed; ++i) held += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > kEntriesNamed) held += fmt::format(" and {} more", names.size() - kEntriesNamed);
    return fail(Error{ErrorCode::conflict,
                      may_stay ? fmt::format("expected {} to be empty, not there or {}, found it {} with {} in it",
                                             spec_.path, spec_.may_hold_others, rights, held)
                               : fmt::format("expected {} to be empty or not there, found {} in it", spec_.path, held)}
                    .with_hint("nothing of it was touched. If it is to be kept, " + spec_.way_out +
                               "; otherwise move it away and apply again"));
}

}  // namespace pigsty::item
