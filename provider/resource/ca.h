// pigsty_ca: a certificate authority whose key stays on the nodes it names.
#pragma once

#include <string>
#include <vector>

#include "core/module/ca/table.h"
#include "provider/configuration/references.h"
#include "provider/resource/module_resource.h"

namespace pigsty::provider {

struct CaState {
    module::ca::Authority spec;
    std::string certificate_pem;
    module::ca::Reference ref;
    CommonState common;
};

class CaResource final : public ModuleResource<CaState> {
  public:
    [[nodiscard]] Declaration<CaState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override { return module::ca::kKind; }
    [[nodiscard]] MemberMap<node::NodeAddress> machines(const Spec& spec) const override { return spec.nodes; }
    [[nodiscard]] std::string machines_attribute() const override { return "nodes"; }
    [[nodiscard]] converge::Table table(const CaState& state, const Fleet* fleet) const override;
    std::vector<Told> tell(CaState& state) const override;
    // The certificate and its fingerprint, too.
    Status complete(CaState& state, const converge::Run& run, Call& call) const override;
    // No drift of its own: warns when the authority's end is near.
    Result<std::vector<std::string>> more_drift(const CaState& state, const converge::Run& run,
                                                Call& call) const override;
    void validate(const CaState& config, framework::Validation& validation) const override;
    void modify_plan(Plan<CaState>& plan) const override;
};

}  // namespace pigsty::provider
