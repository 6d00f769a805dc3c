// pigsty_redis_cluster: Redis or Valkey as servers with replicas, as sentinels, or as a native cluster.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/secret.h"
#include "core/module/redis/spec.h"
#include "core/module/redis/table.h"
#include "provider/resource/module_resource.h"

namespace pigsty::provider {

struct RedisState {
    module::redis::RedisCluster spec;
    std::optional<Secret> password_wo;  // only in create, update and while planning
    std::vector<module::redis::Endpoint> endpoints;
    module::redis::Access access;
    CommonState common;
};

// Its attributes: redis_cluster_attributes.h.
class RedisClusterResource final : public ModuleResource<RedisState> {
  public:
    [[nodiscard]] Declaration<RedisState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override { return module::redis::kKind; }
    [[nodiscard]] MemberMap<node::NodeAddress> machines(const Spec& spec) const override;
    [[nodiscard]] std::string machines_attribute() const override { return "nodes"; }
    [[nodiscard]] converge::Table table(const RedisState& state, const Fleet* fleet) const override;
    [[nodiscard]] std::vector<RedisState> shapes() const override;
    [[nodiscard]] converge::Table update_table(const RedisState& prior, const RedisState& planned, const Fleet& fleet,
                                               Call& call) const override;
    Result<std::vector<std::string>> more_drift(const RedisState& state, const converge::Run& run,
                                                Call& call) const override;
    void more_forecast(const Plan<RedisState>& plan, framework::Forecast& forecast) const override;
    [[nodiscard]] converge::Table before_destroy(const RedisState& state, const Fleet* fleet) const override;
    // With the generations of passwords, so that an import knows them again when it is told them.
    [[nodiscard]] nlohmann::json claimed_spec(const RedisState& state) const override;
    Result<RedisState> from_claimed_spec(const nlohmann::json& spec) const override;
    std::vector<Told> tell(RedisState& state) const override;
    void validate(const RedisState& config, framework::Validation& validation) const override;
    void modify_plan(Plan<RedisState>& plan) const override;
};

}  // namespace pigsty::provider
