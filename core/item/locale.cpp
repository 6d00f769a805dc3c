#include "core/item/locale.h"

#include <sstream>

#include <fmt/format.h>

#include "core/base/quote.h"

namespace pigsty::item {
namespace {

constexpr std::size_t kLocalesNamed = 10;  // of those that are there; a machine with all of them has hundreds

// The C library's own answer, as initdb will get it: names have several spellings. Nothing where it is there, else a line
// for each that is.
node::Probe lookup_of(const std::string& name) {
    return {node::ProbeKind::command,
            fmt::format("perl -MPOSIX -e 'exit(defined setlocale(LC_ALL, $ARGV[0]) ? 0 : 1)' -- {} || locale -a",
                        shell_quote(name))};
}

}  // namespace

node::Probes LocaleItem::looks() const { return {lookup_of(name_)}; }

Status LocaleItem::check(const node::Observation& seen) const {
    std::istringstream lines(seen.command(lookup_of(name_).key));
    std::string found;
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        if (count < kLocalesNamed) found += (count == 0 ? "" : ", ") + line;
    if (count == 0) return {};
    if (count > kLocalesNamed) found += fmt::format(" and {} more", count - kLocalesNamed);
    return fail(
        Error{ErrorCode::failed, fmt::format("expected the locale {} on the node, found {}", name_, found)}.with_hint(
            fmt::format("use one of these, or make it there: a line for {} in /etc/locale.gen, then "
                        "locale-gen (package locales); the package locales-all has all of them",
                        name_)));
}

node::ClaimedItem LocaleItem::claimed(const node::Observation& seen) const {
    node::ClaimedItem entry = ReservationItem::claimed(seen);
    entry.shared = true;
    return entry;
}

}  // namespace pigsty::item
