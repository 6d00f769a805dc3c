// OwnUnitItem: the reservation of a unit whose server one resource of a node has. Where it runs before us, others made it: our
// files and restarts would take it over.
//
//     std::make_shared<OwnUnitItem>("patroni.service");
#pragma once

#include <string>

#include "core/item/precondition.h"
#include "core/item/reservation.h"

namespace pigsty::item {

class OwnUnitItem final : public ReservationItem, public Precondition {
  public:
    explicit OwnUnitItem(std::string unit) : ReservationItem("unit " + unit), unit_(std::move(unit)) {}

    [[nodiscard]] node::Probes looks() const override { return {{node::ProbeKind::unit, unit_}}; }
    [[nodiscard]] Status check(const node::Observation& seen) const override {
        const node::UnitState unit = seen.unit(unit_);
        // Waiting to be started once more is somebody's, too.
        if (unit.active != "active" && unit.active != "activating" && unit.active != "reloading") return {};
        return fail(
            Error{ErrorCode::conflict, "expected " + unit_ + " not to run yet, found it " + active_text(unit)}
                .with_hint(
                    "others made what it runs: use another machine, or end it there first (systemctl disable --now " +
                    unit_ + ")"));
    }

  private:
    std::string unit_;
};

}  // namespace pigsty::item
