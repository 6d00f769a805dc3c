// pigsty_etcd_cluster: etcd with TLS, client certificates and authentication.
#pragma once

#include <string>
#include <vector>

#include "core/module/etcd/spec.h"
#include "provider/resource/converged.h"

namespace pigsty::provider {

struct EtcdState {
    module::etcd::EtcdCluster cluster;
    module::etcd::Access access;
    CommonState common;
};

// `access` as resources that need an etcd take it: their `dcs`.
framework::Attributes<module::etcd::Access> etcd_access_attributes();

class EtcdClusterResource final : public Converged<EtcdState>,
                                  public framework::Validates<EtcdState>,
                                  public framework::ModifiesPlan<EtcdState> {
  public:
    [[nodiscard]] Declaration<EtcdState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override;
    [[nodiscard]] converge::Identity identity_of(const EtcdState& state) const override;
    [[nodiscard]] std::vector<converge::Member> members(const EtcdState& state) const override;
    [[nodiscard]] converge::Table table(const EtcdState& state, const Fleet* fleet) const override;
    [[nodiscard]] converge::Table update_table(const EtcdState& prior, const EtcdState& planned, const Fleet& fleet,
                                               Call& call) const override;
    Result<std::vector<std::string>> more_drift(const EtcdState& state, const converge::Run& run,
                                                Call& call) const override;
    void more_forecast(const Plan<EtcdState>& plan, framework::Forecast& forecast) const override;
    [[nodiscard]] converge::Table before_destroy(const EtcdState& state, const Fleet* fleet) const override;
    [[nodiscard]] nlohmann::json claimed_spec(const EtcdState& state) const override;
    [[nodiscard]] Result<EtcdState> from_claimed_spec(const nlohmann::json& spec) const override;
    Status complete(EtcdState& state, const converge::Run& run, Call& call) const override;
    void validate(const EtcdState& config, framework::Validation& validation) const override;
    void modify_plan(Plan<EtcdState>& plan) const override;
};

}  // namespace pigsty::provider
