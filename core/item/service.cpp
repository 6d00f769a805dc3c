#include "core/item/service.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/item/path_state.h"
#include "core/item/shell_parts.h"

namespace pigsty::item {
namespace {

bool is_enabled(const node::UnitState& unit) { return unit.enabled == "enabled" || unit.enabled == "enabled-runtime"; }

// Units without an [Install] section are neither enabled nor disabled: what pulls them in decides.
bool has_install_section(const node::UnitState& unit) {
    return unit.enabled != "static" && unit.enabled != "generated" && unit.enabled != "transient" &&
           unit.enabled != "alias" && unit.enabled != "indirect";
}

}  // namespace

std::string ServiceItem::desired() const {
    std::vector<std::string> words;
    if (spec_.enabled) words.emplace_back(*spec_.enabled ? "enabled" : "disabled");
    if (spec_.running) words.emplace_back(*spec_.running ? "running" : "stopped");
    return fmt::format("service {} {}", spec_.unit, join(words, " "));
}

node::Probes ServiceItem::probes() const { return {{node::ProbeKind::unit, spec_.unit}}; }

std::optional<Change> ServiceItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const node::UnitState unit = seen.unit(spec_.unit);
    // Its package or unit file comes in the same run, and may bring it up enabled: so this is a change even where it is
    // wanted disabled and stopped.
    if (unit.load == "not-found") return Change{Verb::create, "no such unit"};
    if (unit.load == "masked") {
        const bool wanted = spec_.enabled.value_or(false) || spec_.running.value_or(false);
        return wanted ? std::optional(Change{Verb::update, "masked"}) : std::nullopt;
    }
    std::vector<std::string> reasons;
    if (spec_.enabled && has_install_section(unit) && is_enabled(unit) != *spec_.enabled) {
        reasons.push_back(fmt::format("{}, expected {}", unit.enabled, *spec_.enabled ? "enabled" : "disabled"));
    }
    // One that ended and waits to be started once more neither runs nor is it stopped.
    const bool is_stopped = unit.active == "inactive" || unit.active == "failed" || unit.active == "deactivating";
    if (spec_.running && !(*spec_.running ? node::is_running(unit) : is_stopped)) {
        reasons.push_back(fmt::format("{}, expected {}", active_text(unit), *spec_.running ? "active" : "inactive"));
    }
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> ServiceItem::operations(const Change&) const {
    const std::string unit = shell_quote(spec_.unit);
    std::string script = unit_failed_function();
    script += fmt::format(
        "if [ \"$(systemctl show --property=LoadState --value -- {0})\" = not-found ]; then echo {1} >&2; exit 1; fi\n",
        unit, shell_quote("there is no unit " + spec_.unit + " on this node"));
    if (spec_.enabled.value_or(false) || spec_.running.value_or(false))
        script += fmt::format(
            "case $(systemctl show --property=LoadState --value -- {0}) in *masked*)\n"
            "  systemctl --quiet unmask -- {0}; systemctl --quiet --runtime unmask -- {0};;\nesac\n",
            unit);
    // Where the package also brings an init script, systemctl has its links made too, by a program that makes systemd read
    // all units anew, twice: half a second a unit, for links that nothing reads beside a unit file.
    if (spec_.enabled)
        script += fmt::format("{} --quiet -- {} || exit 1\n",
                              *spec_.enabled ? "SYSTEMCTL_SKIP_SYSV=1 systemctl enable" : "systemctl disable", unit);
    if (spec_.running && !*spec_.running) script += fmt::format("systemctl stop -- {} || exit 1\n", unit);
    if (spec_.running && *spec_.running) {
        // A unit that failed often is refused by its start limit until the counter is set back.
        script += fmt::format(
            "systemctl reset-failed -- {0} 2>/dev/null\n"
            "systemctl start{1} -- {0} || {{ unit_failed {0}; exit 1; }}\n",
            unit, spec_.no_block ? " --no-block" : "");
        // systemd leaves a unit out whose condition does not hold, and calls that a success.
        if (!spec_.no_block)
            script += fmt::format(
                R"sh(if [ "$(systemctl show --property=ConditionResult --value -- {0})" = no ] && ! systemctl is-active --quiet -- {0}; then
  why=$(systemctl status --no-pager --lines=0 -- {0} 2>/dev/null | sed -n 's/^[^A-Za-z]*\([A-Z][A-Za-z]*=.*\) was not met$/\1/p')
  echo {1}"${{why:-a condition of its unit}}" >&2; exit 1
fi
)sh",
                unit, shell_quote(spec_.unit + ": not started, since this does not hold on this node: "));
    }
    return {node::RunScript{.text = script, .stall = std::chrono::minutes(10)}};
}

node::ClaimedItem ServiceItem::claimed(const node::Observation& seen) const {
    const node::UnitState unit = seen.unit(spec_.unit);
    node::ClaimedItem entry{.kind = kind(),
                            .fingerprint = fingerprint(desired()),
                            .existed_before = unit.load != "not-found",
                            .shared = spec_.shared,
                            .probes = {*probes().begin()}};
    entry.undo = {{"was_enabled", is_enabled(unit)}, {"was_running", node::is_running(unit)}};
    return entry;
}

Status ServiceItem::valid() const {
    const bool plain = spec_.unit.contains('.') && std::ranges::all_of(spec_.unit, [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                  std::string_view(":-_.\\@").contains(c);
                       });
    if (!plain)
        return fail(ErrorCode::invalid,
                    fmt::format("{}: expected a unit name with its suffix, such as haproxy.service", label()));
    return {};
}

std::vector<node::Operation> ServiceItem::undo(const std::string& unit, const node::ClaimedItem& claimed) {
    const std::string quoted = shell_quote(unit);
    const bool enabled = claimed.existed_before && claimed.undo.value("was_enabled", false);
    const bool running = claimed.existed_before && claimed.undo.value("was_running", false);
    if (!enabled && !running)
        return {node::RunScript{.text = stop_unit_function() + "stop_unit " + quoted + "\n",
                                .stall = std::chrono::minutes(10)}};
    std::string script = fmt::format(
        "if [ \"$(systemctl show --property=LoadState --value -- {} 2>/dev/null)\" = not-found ]; then exit 0; fi\n",
        quoted);
    if (!running)
        script += fmt::format("systemctl stop -- {0} || exit 1\nsystemctl reset-failed -- {0} 2>/dev/null\n", quoted);
    script += fmt::format("systemctl {} --quiet -- {} 2>/dev/null\n", enabled ? "enable" : "disable", quoted);
    if (running) script += fmt::format("systemctl start -- {} || exit 1\n", quoted);
    script += "exit 0\n";
    return {node::RunScript{.text = script, .stall = std::chrono::minutes(10)}};
}

}  // namespace pigsty::item
