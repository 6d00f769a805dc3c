#include "core/module/platform/required_version.h"

#include <fmt/format.h>

#include "core/base/quote.h"

namespace pigsty::module::platform {
namespace {

std::string label_of(const std::vector<Component>& components) {
    std::string names;
    for (const Component component : components)
        names += (names.empty() ? "" : ", ") + std::string(to_string(component));
    return "versions of " + names;
}

// Without the epoch, which says how often a package's numbers began anew: "5:7.0.15-1" is 7.0.15.
std::string upstream(const std::string& version) { return version.substr(version.find(':') + 1); }

}  // namespace

RequiredVersionsItem::RequiredVersionsItem(const std::vector<Component>& components, const Platform& platform,
                                           const RequiredVersions& least)
    : ReservationItem(label_of(components)), system_(platform.name) {
    for (const Component component : components) {
        const auto stricter = least.find(component);
        const RequiredVersion* required = stricter != least.end() ? &stricter->second : required_version(component);
        if (required == nullptr) continue;
        asked_.push_back(
            {.component = component, .package = platform.packages(component).front(), .required = *required});
    }
}

// The version installed, else the one that apt would install.
std::string RequiredVersionsItem::script_for(const std::string& package) {
    return fmt::format(
        "version=$(dpkg-query -W -f '${{db:Status-Status}} ${{Version}}' -- {0} 2>/dev/null | sed -n 's/^installed "
        "//p')\n"
        "[ -n \"$version\" ] || version=$(LC_ALL=C apt-cache policy -- {0} 2>/dev/null | sed -n 's/^ *Candidate: "
        "//p')\n"
        "printf %s \"$version\"\n",
        shell_quote(package));
}

node::Probes RequiredVersionsItem::looks() const {
    node::Probes probes;
    for (const Asked& asked : asked_) probes.insert({node::ProbeKind::command, script_for(asked.package)});
    return probes;
}

Status RequiredVersionsItem::check(const node::Observation& seen) const {
    for (const Asked& asked : asked_) {
        const std::string version = seen.command(script_for(asked.package));
        const RequiredVersion& required = asked.required;
        // Nothing to be had: its installation says so.
        if (version.empty() || version == "(none)" || at_least(upstream(version), required.version)) continue;
        return fail(Error{ErrorCode::unsupported,
                          fmt::format("expected {} {} or newer ({}), found that this node has or would install {} ({})",
                                      to_string(asked.component), required.version, required.reason, version, system_)}
                        .with_hint("use a machine with a newer system, or give this one a repository that has a newer "
                                   "version (repositories of its pigsty_node)"));
    }
    return {};
}

}  // namespace pigsty::module::platform
