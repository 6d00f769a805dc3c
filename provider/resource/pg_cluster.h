// pigsty_pg_cluster: PostgreSQL under Patroni, pgbouncer and HAProxy on each member.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/module/pgsql/cluster/services.h"
#include "core/module/pgsql/cluster/table.h"
#include "core/module/pgsql/spec/failover.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/pgsql/spec/spec.h"
#include "provider/configuration/pg_objects.h"
#include "provider/resource/module_resource.h"

namespace pigsty::provider {

struct PgClusterState {
    module::pgsql::PgCluster spec;
    std::string system_identifier;
    std::string version_actual;
    module::pgsql::Connection connection;
    std::map<std::string, module::pgsql::Endpoint> endpoints;
    module::pgsql::Failover failover;
    CommonState common;
};

// For acts and conversations, which happen in applies.
module::pgsql::Ways ways_through(const Fleet& fleet);

// Its parts: pg_cluster_attributes.h what a user writes, pg_cluster_changes.cpp what an update does, pg_cluster_drift.cpp what
// a refresh sees, pg_cluster_backups.h its backups, pg_cluster_standby.h that it follows another one,
// pg_cluster_citus.h that it is a group of a shard.
class PgClusterResource final : public ModuleResource<PgClusterState>,
                                public framework::ForecastsDestroy<PgClusterState> {
  public:
    [[nodiscard]] Declaration<PgClusterState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override { return module::pgsql::kKind; }
    [[nodiscard]] MemberMap<node::NodeAddress> machines(const Spec& spec) const override;
    [[nodiscard]] std::string machines_attribute() const override { return "instances"; }
    [[nodiscard]] converge::Table table(const PgClusterState& state, const Fleet* fleet) const override;
    [[nodiscard]] converge::Table update_table(const PgClusterState& prior, const PgClusterState& planned,
                                               const Fleet& fleet, Call& call) const override;
    [[nodiscard]] std::vector<PgClusterState> shapes() const override;
    [[nodiscard]] std::vector<node::NodeAddress> also_writes(const PgClusterState& state) const override;
    [[nodiscard]] std::vector<node::NodeAddress> update_also_writes(const PgClusterState& prior,
                                                                    const PgClusterState& planned,
                                                                    Call& call) const override;
    [[nodiscard]] converge::Table before_destroy(const PgClusterState& state, const Fleet* fleet) const override;
    [[nodiscard]] converge::Managed more_managed(const PgClusterState& state) const override;
    std::vector<Told> tell(PgClusterState& state) const override;
    Status decide(PgClusterState& state, converge::Run& run, Call& call) const override;
    Status complete(PgClusterState& state, const converge::Run& run, Call& call) const override;
    Result<std::vector<std::string>> more_drift(const PgClusterState& state, const converge::Run& run,
                                                Call& call) const override;
    void more_forecast(const Plan<PgClusterState>& plan, framework::Forecast& forecast) const override;
    [[nodiscard]] nlohmann::json claimed_spec(const PgClusterState& state) const override;
    Result<PgClusterState> from_claimed_spec(const nlohmann::json& spec) const override;
    void forecast_destroy(const PgClusterState& state, framework::Diagnostics& diagnostics) const override;
    void settle_failed(PgClusterState& left, const PgClusterState& planned) const override;
    void validate(const PgClusterState& config, framework::Validation& validation) const override;
    void modify_plan(Plan<PgClusterState>& plan) const override;
};

}  // namespace pigsty::provider
