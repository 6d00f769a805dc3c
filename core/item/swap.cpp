#include "core/item/swap.h"

#include <sstream>

#include "core/base/hash.h"
#include "core/item/path_state.h"
#include "core/item/shell_parts.h"

namespace pigsty::item {
namespace {

constexpr const char* kSwapTarget = "swap.target";

// "used PATH" for what the kernel swaps to, "idle UNIT" for what is configured and is not in use.
constexpr const char* kSwapLook = R"sh(awk 'NR > 1 { print "used", $1 }' /proc/swaps 2>/dev/null
for unit in $(systemctl show --property=Wants,Requires --value swap.target 2>/dev/null); do
  case $unit in *.swap) systemctl is-active --quiet -- "$unit" || echo "idle $unit" ;; esac
done
:
)sh";

constexpr const char* kSwapOff = R"sh(for unit in zramswap.service dphys-swapfile.service; do
  if systemctl is-enabled --quiet -- $unit 2>/dev/null; then
    echo "swap: $unit of this node turns it on at each boot: disable it there first (systemctl disable --now $unit)" >&2
    exit 1
  fi
done
used=$(awk 'NR > 1 { sum += $4 } END { print int(sum / 1024) }' /proc/swaps)
free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
if [ "$used" -ge "$free" ]; then
  echo "swap: holds $used MB, and only $free MB of memory are available for them: end something on this node first" >&2
  exit 1
fi
for path in $(awk 'NR > 1 { print $1 }' /proc/swaps); do
  why=$(swapoff -- "$path" 2>&1) && continue
  echo "swap: $path could not be turned off (in a container it is the host's: turn it off there, or leave swap out here): $why" >&2
  exit 1
done
systemctl --quiet mask swap.target
)sh";

constexpr const char* kSwapOn =
    R"sh(systemctl --quiet unmask swap.target && systemctl daemon-reload && systemctl start swap.target || exit 1
for unit in $(systemctl show --property=Wants,Requires --value swap.target); do
  case $unit in *.swap) systemctl start -- "$unit" || { unit_failed "$unit"; exit 1; } ;; esac
done
)sh";

std::string unmask_script() {
    return "if [ \"$(readlink /etc/systemd/system/swap.target)\" = /dev/null ]; then\n"
           "  systemctl --quiet unmask swap.target\nfi\n";
}

}  // namespace

node::Probes SwapItem::probes() const {
    return {{node::ProbeKind::unit, kSwapTarget}, {node::ProbeKind::command, kSwapLook}};
}

std::optional<Change> SwapItem::compare(const node::Observation& seen, const node::ClaimedItem*) const {
    const bool is_masked = seen.unit(kSwapTarget).load == "masked";
    std::vector<std::string> reasons;
    if (is_masked && on_) reasons.emplace_back("swap.target is masked");
    if (!is_masked && !on_) reasons.emplace_back("swap.target is not masked");
    std::istringstream lines(seen.command(kSwapLook));
    for (std::string word, what; lines >> word >> what;) {
        if (word == "used" && !on_) reasons.push_back(what + " is in use");
        if (word == "idle" && on_) reasons.push_back(what + " is not in use");
    }
    if (reasons.empty()) return std::nullopt;
    return Change{Verb::update, join(reasons)};
}

std::vector<node::Operation> SwapItem::operations(const Change&) const {
    return {node::RunScript{.text = on_ ? unit_failed_function() + kSwapOn : std::string(kSwapOff),
                            .stall = std::chrono::minutes(30)}};
}

node::ClaimedItem SwapItem::claimed(const node::Observation& seen) const {
    const node::Probes looked = probes();
    return {.kind = kind(),
            .fingerprint = fingerprint(desired()),
            .existed_before = true,
            .probes = {looked.begin(), looked.end()},
            .undo = {{"off", !on_}, {"was_masked", seen.unit(kSwapTarget).load == "masked"}}};
}

std::vector<node::Operation> SwapItem::undo(const node::ClaimedItem& claimed) {
    if (!claimed.undo.value("off", false) || claimed.undo.value("was_masked", false)) return {};
    return {node::RunScript{.text = unmask_script()}};
}

}  // namespace pigsty::item
