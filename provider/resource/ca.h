// pigsty_ca: a certificate authority whose key stays on the nodes it names.
#pragma once

#include <string>
#include <vector>

#include "core/module/ca/reference.h"
#include "core/module/ca/spec.h"
#include "provider/resource/converged.h"

namespace pigsty::provider {

struct CaState {
    module::ca::Authority authority;
    std::string certificate_pem;
    module::ca::Reference ref;
    CommonState common;
};

// `ref` of a CA as every resource that wants certificates takes it.
framework::Attributes<module::ca::Reference> ca_reference_attributes();

class CaResource final : public Converged<CaState>,
                         public framework::Validates<CaState>,
                         public framework::ModifiesPlan<CaState> {
  public:
    [[nodiscard]] Declaration<CaState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override;
    [[nodiscard]] converge::Identity identity_of(const CaState& state) const override;
    [[nodiscard]] std::vector<converge::Member> members(const CaState& state) const override;
    [[nodiscard]] converge::Table table(const CaState& state, const Fleet* fleet) const override;
    [[nodiscard]] nlohmann::json claimed_spec(const CaState& state) const override;
    [[nodiscard]] Result<CaState> from_claimed_spec(const nlohmann::json& spec) const override;
    Status complete(CaState& state, const converge::Run& run, Call& call) const override;
    // No drift of its own: warns when the authority's end is near.
    Result<std::vector<std::string>> more_drift(const CaState& state, const converge::Run& run,
                                                Call& call) const override;
    void validate(const CaState& config, framework::Validation& validation) const override;
    void modify_plan(Plan<CaState>& plan) const override;
};

}  // namespace pigsty::provider
