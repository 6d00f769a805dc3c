// pigsty_pg_cluster: PostgreSQL under Patroni, pgbouncer and HAProxy on each member.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/module/pgsql/services.h"
#include "core/module/pgsql/spec.h"
#include "core/module/pgsql/table.h"
#include "provider/configuration/pg_objects.h"
#include "provider/resource/converged.h"

namespace pigsty::provider {

struct PgClusterState {
    module::pgsql::PgCluster cluster;
    std::string system_identifier;
    std::string version_actual;
    module::pgsql::Connection connection;
    std::map<std::string, module::pgsql::Endpoint> endpoints;
    CommonState common;
};

class PgClusterResource final : public Converged<PgClusterState>,
                                public framework::Validates<PgClusterState>,
                                public framework::ModifiesPlan<PgClusterState> {
  public:
    [[nodiscard]] Declaration<PgClusterState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override;
    [[nodiscard]] converge::Identity identity_of(const PgClusterState& state) const override;
    [[nodiscard]] std::vector<converge::Member> members(const PgClusterState& state) const override;
    [[nodiscard]] converge::Table table(const PgClusterState& state, const Fleet* fleet) const override;
    [[nodiscard]] converge::Table update_table(const PgClusterState& prior, const PgClusterState& planned,
                                               const Fleet& fleet, Call& call) const override;
    [[nodiscard]] std::vector<node::NodeAddress> also_writes(const PgClusterState& state) const override;
    [[nodiscard]] bool update_also_writes(const PgClusterState& planned, Call& call) const override;
    [[nodiscard]] converge::Table before_destroy(const PgClusterState& state, const Fleet* fleet) const override;
    [[nodiscard]] converge::Managed more_managed(const PgClusterState& state) const override;
    [[nodiscard]] nlohmann::json claimed_spec(const PgClusterState& state) const override;
    [[nodiscard]] Result<PgClusterState> from_claimed_spec(const nlohmann::json& spec) const override;
    Status decide(PgClusterState& state, converge::Run& run, Call& call) const override;
    Status complete(PgClusterState& state, const converge::Run& run, Call& call) const override;
    Result<std::vector<std::string>> more_drift(const PgClusterState& state, const converge::Run& run,
                                                Call& call) const override;
    void more_forecast(const Plan<PgClusterState>& plan, framework::Forecast& forecast) const override;
    void validate(const PgClusterState& config, framework::Validation& validation) const override;
    void modify_plan(Plan<PgClusterState>& plan) const override;
};

}  // namespace pigsty::provider
