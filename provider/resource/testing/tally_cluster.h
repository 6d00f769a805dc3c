// The provider's half of the smallest resource with members; CONTRIBUTING.md counts its lines.
#pragma once

#include "provider/resource/module_resource.h"
#include "provider/resource/testing/tally_module.h"

namespace pigsty::provider {

struct TallyState {
    module::tally::Tally spec;
    module::tally::Access access;
    CommonState common;
};

class TallyClusterResource final : public ModuleResource<TallyState> {
  public:
    [[nodiscard]] Declaration<TallyState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override { return module::tally::kKind; }
    [[nodiscard]] MemberMap<node::NodeAddress> machines(const Spec& spec) const override { return spec.members; }
    [[nodiscard]] converge::Table table(const TallyState& state, const Fleet* /*fleet*/) const override {
        return module::tally::table_of(state.spec);
    }
    std::vector<Told> tell(TallyState& state) const override;
};

}  // namespace pigsty::provider
