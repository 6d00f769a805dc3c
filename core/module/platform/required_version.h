// RequiredVersionsItem: that the node has, or would install, versions of these components that can do what we ask of them.
// Said before anything is written: an older HAProxy or Patroni refuses its configuration in the middle of a create.
//
//     items.push_back(std::make_shared<RequiredVersionsItem>(std::vector{Component::patroni, Component::haproxy}, platform));
#pragma once

#include <string>
#include <vector>

#include "core/item/precondition.h"
#include "core/item/reservation.h"
#include "core/module/platform/platform.h"

namespace pigsty::module::platform {

class RequiredVersionsItem final : public item::ReservationItem, public item::Precondition {
  public:
    // `least`: of components that must be newer here than everybody needs them.
    RequiredVersionsItem(const std::vector<Component>& components, const Platform& platform,
                         const RequiredVersions& least = {});

    [[nodiscard]] node::Probes looks() const override;
    [[nodiscard]] Status check(const node::Observation& seen) const override;
    // It takes nothing: whoever needs the same versions may say so, too.
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override {
        node::ClaimedItem entry = ReservationItem::claimed(seen);
        entry.shared = true;
        return entry;
    }

  private:
    struct Asked {
        Component component;
        std::string package;
        RequiredVersion required;
    };
    [[nodiscard]] static std::string script_for(const std::string& package);

    std::vector<Asked> asked_;
    std::string system_;  // "Ubuntu 22.04"
};

}  // namespace pigsty::module::platform
