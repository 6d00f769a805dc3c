#include "core/item/package.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/shell_parts.h"

namespace pigsty::item {
namespace {

// From Debian Policy 5.6.1 and 5.6.12.
bool is_package_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == ':';
    });
}

bool is_version(std::string_view version) {
    return !version.empty() && std::ranges::all_of(version, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("+-.:~").contains(c);
    });
}

// Our policy-rc.d forbids starts only while this very process lives, so that a killed run leaves nothing behind that an
// administrator would trip over; a policy that was there before is asked in all other cases.
constexpr std::string_view kPolicy = R"(policy=/usr/sbin/policy-rc.d
theirs=$policy.before-pigsty
if [ -e $policy ] && ! grep -q '^# pigsty' $policy; then mv -f -- $policy $theirs; fi
cat > $policy.pigsty-new <<END
#!/bin/sh
# pigsty: services do not start while packages are being installed
if kill -0 $$ 2>/dev/null; then exit 101; fi
if [ -x $theirs ]; then exec $theirs "\$@"; fi
exit 0
END
chmod 0755 $policy.pigsty-new && mv -f -- $policy.pigsty-new $policy || exit 1
give_back() { if [ -e $theirs ]; then mv -f -- $theirs $policy; else rm -f -- $policy; fi; }
trap give_back EXIT
trap 'exit 143' HUP INT TERM
)";

}  // namespace

std::string PackageItem::desired() const {
    return "package " + spec_.name + (spec_.version ? "=" + *spec_.version : "");
}

node::Probes PackageItem::probes() const { return {{node::ProbeKind::package, spec_.name}}; }

std::optional<Change> PackageItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const auto version = seen.package_version(spec_.name);
    if (!version) return Change{Verb::create, "not installed"};
    if (spec_.version && *spec_.version != *version) {
        return Change{Verb::update, fmt::format("version {}, expected {}", *version, *spec_.version)};
    }
    return std::nullopt;
}

node::RunScript PackageItem::install(std::span<const PackageSpec> packages) {
    std::string names;
    for (const PackageSpec& package : packages) {
        names += " " + shell_quote(package.name + (package.version ? "=" + *package.version : ""));
    }
    // Indexes are read again only where they do not know a package or name files that are gone.
    return {
        .text = fmt::format(
            "{apt}{policy}"
            "unknown='Unable to locate|has no installation candidate|was not found|Failed to fetch|Unable to fetch'\n"
            "if ! apt_get install --allow-downgrades --{names}; then\n"
            "  grep -Eq \"$unknown\" $apt_log || apt_failed\n"
            "  apt_get update\n"
            "  apt_get install --allow-downgrades --{names} || apt_failed\n"
            "fi\n"
            "apt_done\n",
            fmt::arg("apt", apt_function()), fmt::arg("policy", kPolicy), fmt::arg("names", names)),
        .stall = std::chrono::minutes(10)};
}

std::vector<node::Operation> PackageItem::operations(const Change&) const { return {install(std::span(&spec_, 1))}; }

node::ClaimedItem PackageItem::claimed(const node::Observation& seen) const {
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .existed_before = seen.package_version(spec_.name).has_value(),
            .shared = true,
            .probes = {*probes().begin()},
            .undo = {{"remove", spec_.remove_with_us}}};
}

Status PackageItem::valid() const {
    if (!is_package_name(spec_.name)) {
        return fail(ErrorCode::invalid,
                    fmt::format("package \"{}\": expected a Debian package name (a-z 0-9 + - .)", spec_.name));
    }
    if (spec_.version && !is_version(*spec_.version)) {
        return fail(ErrorCode::invalid,
                    fmt::format("package {}: \"{}\" is not a Debian version", spec_.name, *spec_.version));
    }
    return {};
}

std::vector<node::Operation> PackageItem::undo(const std::string& name, const node::ClaimedItem& claimed) {
    if (claimed.existed_before || !claimed.undo.value("remove", false)) return {};
    return {node::RunScript{
        .text = fmt::format("{}apt_get remove -- {} || apt_failed\napt_done\n", apt_function(), shell_quote(name)),
        .stall = std::chrono::minutes(10)}};
}

}  // namespace pigsty::item
