// VirtualAddressItem: the reservation of an address that is not a machine's own and that a program of ours takes and gives up. Who
// holds it now is a fact and no drift. No other resource of the node may claim it, and when it is no longer wanted it is taken off
// the machine: programs that end leave their address behind.
//
//     std::make_shared<VirtualAddressItem>("10.10.10.2");
//     if (!VirtualAddressItem::places(seen, "10.10.10.2").empty()) …        // {"host0"}
#pragma once

#include <string>
#include <vector>

#include "core/item/reservation.h"

namespace pigsty::item {

class VirtualAddressItem : public ReservationItem {
  public:
    explicit VirtualAddressItem(const std::string& address);

    static constexpr std::string_view kKind = "virtual address";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }

    // Where it is now. The claim holds this probe, so that the one look at a node shows it.
    static node::Probe probe(const std::string& address);
    static std::vector<std::string> places(const node::Observation& seen, const std::string& address);

    static std::string label_of(const std::string& address) { return "address " + address; }
    static std::vector<node::Operation> undo(const std::string& address);
};

}  // namespace pigsty::item
