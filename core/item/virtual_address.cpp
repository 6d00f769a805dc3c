#include "core/item/virtual_address.h"

#include <sstream>

#include <fmt/format.h>

#include "core/base/quote.h"

namespace pigsty::item {
namespace {

// "host0 10.10.10.2/32" for each; the kernel's name of an interface, without what it is the other end of.
std::string places_script(const std::string& address) {
    return fmt::format("ip -o -4 addr show to {} 2>/dev/null | awk '{{ sub(/@.*/, \"\", $2); print $2, $4 }}'\n",
                       shell_quote(address + "/32"));
}

}  // namespace

VirtualAddressItem::VirtualAddressItem(const std::string& address)
    : ReservationItem(label_of(address), {probe(address)}) {}

node::Probe VirtualAddressItem::probe(const std::string& address) {
    return {node::ProbeKind::command, places_script(address)};
}

std::vector<std::string> VirtualAddressItem::places(const node::Observation& seen, const std::string& address) {
    std::istringstream lines(seen.command(probe(address).key));
    std::vector<std::string> interfaces;
    for (std::string interface, with_prefix; lines >> interface >> with_prefix;) interfaces.push_back(interface);
    return interfaces;
}

std::vector<node::Operation> VirtualAddressItem::undo(const std::string& address) {
    const std::string look = places_script(address);
    return {node::RunScript{.text = fmt::format("places() {{\n{0}}}\n"
                                                "places | while read -r interface address; do\n"
                                                "  ip addr del \"$address\" dev \"$interface\"\n"
                                                "done\n"
                                                "left=$(places)\n"
                                                "[ -z \"$left\" ] || {{ echo \"still there: $left\" >&2; exit 1; }}\n",
                                                look)}};
}

}  // namespace pigsty::item
