// OfferedItem: a package can be had on the node: installed, or in one of its repositories. Said before anything is written, where
// a system's own repositories may not have it.
//
//     items.push_back(std::make_shared<OfferedItem>("minio"));
#pragma once

#include <string>
#include <utility>

#include "core/item/precondition.h"
#include "core/item/reservation.h"

namespace pigsty::module::platform {

class OfferedItem final : public item::ReservationItem, public item::Precondition {
  public:
    explicit OfferedItem(std::string package) : ReservationItem("offer of " + package), package_(std::move(package)) {}

    [[nodiscard]] node::Probes looks() const override;
    [[nodiscard]] Status check(const node::Observation& seen) const override;
    // It takes nothing: whoever needs the same package may say so, too.
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override {
        node::ClaimedItem entry = ReservationItem::claimed(seen);
        entry.shared = true;
        return entry;
    }

  private:
    std::string package_;
};

}  // namespace pigsty::module::platform
