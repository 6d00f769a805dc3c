// pigsty_vip: an address that one of some machines has, whichever of them lives.
#pragma once

#include <vector>

#include "core/module/vip/table.h"
#include "provider/resource/module_resource.h"

namespace pigsty::provider {

struct VipState {
    module::vip::VirtualIp spec;
    CommonState common;
};

class VipResource final : public ModuleResource<VipState> {
  public:
    [[nodiscard]] Declaration<VipState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override { return module::vip::kKind; }
    [[nodiscard]] MemberMap<node::NodeAddress> machines(const Spec& spec) const override;
    [[nodiscard]] converge::Table table(const VipState& state, const Fleet* fleet) const override;
    [[nodiscard]] converge::Table before_destroy(const VipState& state, const Fleet* fleet) const override;
    Status decide(VipState& state, converge::Run& run, Call& call) const override;
    void validate(const VipState& config, framework::Validation& validation) const override;
};

}  // namespace pigsty::provider
