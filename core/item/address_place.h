// AddressPlace: the reservation of an address that moves between machines (virtual_address.h), which also looks, before a create
// writes anything, whether this machine could have it: an interface in its network, and nobody who has the address.
//
//     std::make_shared<AddressPlace>(AddressPlaceSpec{.address = *parse_shared_address("10.10.10.2/24"), .own = "10.10.10.11",
//                                                     .attribute = "vip."});
#pragma once

#include <map>
#include <string>

#include "core/base/shared_address.h"
#include "core/item/precondition.h"
#include "core/item/virtual_address.h"

namespace pigsty::item {

// The interface that holds the machine's own address.
inline constexpr const char* kAutoInterface = "auto";

struct AddressPlaceSpec {
    SharedAddress address;
    std::string interface = kAutoInterface;
    std::string own;          // the machine's address
    std::string attribute{};  // of errors: "vip." before `address` and `interface`
};

class AddressPlace : public VirtualAddressItem, public Precondition {
  public:
    explicit AddressPlace(AddressPlaceSpec spec) : VirtualAddressItem(spec.address.address), spec_(std::move(spec)) {}

    [[nodiscard]] node::Probes looks() const override { return {probe_of(spec_)}; }
    [[nodiscard]] Status check(const node::Observation& seen) const override;
    // Whether the machine could have it, whoever has it now.
    [[nodiscard]] virtual Status check_reach(const node::Observation& seen) const;

    // The interface that is meant, as the look at `probe_of` shows it; empty where there is none.
    static node::Probe probe_of(const AddressPlaceSpec& spec);
    static std::string interface_seen(const AddressPlaceSpec& spec, const node::Observation& seen);

  private:
    AddressPlaceSpec spec_;
};

}  // namespace pigsty::item
