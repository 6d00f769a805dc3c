// pigsty_etcd_cluster: etcd with TLS, client certificates and authentication.
#pragma once

#include <string>
#include <vector>

#include "core/module/etcd/table.h"
#include "provider/configuration/references.h"
#include "provider/resource/module_resource.h"

namespace pigsty::provider {

struct EtcdState {
    module::etcd::EtcdCluster spec;
    module::etcd::Access access;
    CommonState common;
};

class EtcdClusterResource final : public ModuleResource<EtcdState> {
  public:
    [[nodiscard]] Declaration<EtcdState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override { return module::etcd::kKind; }
    [[nodiscard]] MemberMap<node::NodeAddress> machines(const Spec& spec) const override { return spec.members; }
    [[nodiscard]] converge::Table table(const EtcdState& state, const Fleet* fleet) const override;
    [[nodiscard]] converge::Table update_table(const EtcdState& prior, const EtcdState& planned, const Fleet& fleet,
                                               Call& call) const override;
    [[nodiscard]] converge::Table before_destroy(const EtcdState& state, const Fleet* fleet) const override;
    std::vector<Told> tell(EtcdState& state) const override;
    Result<std::vector<std::string>> more_drift(const EtcdState& state, const converge::Run& run,
                                                Call& call) const override;
    void more_forecast(const Plan<EtcdState>& plan, framework::Forecast& forecast) const override;
    void validate(const EtcdState& config, framework::Validation& validation) const override;
};

}  // namespace pigsty::provider
