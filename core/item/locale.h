// LocaleItem: a locale that a server's data will depend on for good. It is not made here (which locales a machine has is its
// own matter); a create without it stops before it writes anything, instead of in initdb.
//
//     std::make_shared<LocaleItem>("en_US.UTF-8");
#pragma once

#include <string>

#include "core/item/precondition.h"
#include "core/item/reservation.h"

namespace pigsty::item {

class LocaleItem final : public ReservationItem, public Precondition {
  public:
    explicit LocaleItem(std::string name) : ReservationItem("locale " + name), name_(std::move(name)) {}

    [[nodiscard]] node::Probes looks() const override;
    [[nodiscard]] Status check(const node::Observation& seen) const override;
    // Any number of servers may use it.
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;

  private:
    std::string name_;
};

}  // namespace pigsty::item
