// pigsty_minio_cluster: object storage that speaks S3, with its buckets, users and policies.
#pragma once

#include <string>
#include <vector>

#include "core/module/minio/table.h"
#include "provider/configuration/references.h"
#include "provider/resource/module_resource.h"

namespace pigsty::provider {

struct MinioState {
    module::minio::MinioCluster spec;
    module::minio::Access access;
    CommonState common;
};

class MinioClusterResource final : public ModuleResource<MinioState> {
  public:
    [[nodiscard]] Declaration<MinioState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override { return module::minio::kKind; }
    [[nodiscard]] MemberMap<node::NodeAddress> machines(const Spec& spec) const override { return spec.members; }
    [[nodiscard]] converge::Table table(const MinioState& state, const Fleet* fleet) const override;
    [[nodiscard]] std::vector<MinioState> shapes() const override;
    [[nodiscard]] converge::Table update_table(const MinioState& prior, const MinioState& planned, const Fleet& fleet,
                                               Call& call) const override;
    [[nodiscard]] converge::Table before_destroy(const MinioState& state, const Fleet* fleet) const override;
    [[nodiscard]] converge::Managed more_managed(const MinioState& state) const override;
    std::vector<Told> tell(MinioState& state) const override;
    Result<std::vector<std::string>> more_drift(const MinioState& state, const converge::Run& run,
                                                Call& call) const override;
    void more_forecast(const Plan<MinioState>& plan, framework::Forecast& forecast) const override;
    void modify_plan(Plan<MinioState>& plan) const override;
    void validate(const MinioState& config, framework::Validation& validation) const override;
};

}  // namespace pigsty::provider
