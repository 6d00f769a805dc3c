// data "pigsty_pg_cluster": what a cluster is and does, from the machines alone: no state of whoever made it is needed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/module/pgsql/cluster/overview.h"
#include "core/module/pgsql/cluster/services.h"
#include "core/module/pgsql/spec/failover.h"
#include "provider/framework/data_source.h"

namespace pigsty::provider {

struct PgClusterView {
    std::string name;
    std::vector<node::NodeAddress> nodes;  // machines to ask

    std::string id;
    std::int64_t version = 0;
    std::optional<std::string> version_actual;
    std::optional<std::string> system_identifier;
    std::string template_name;
    std::optional<render::Sizing> sizing;
    std::int64_t port = 0;
    std::optional<std::string> leader;
    bool paused = false;
    bool pending_restart = false;  // of any member
    MemberMap<module::pgsql::MemberOverview> members;
    std::optional<std::map<std::string, std::string>> settings;
    render::Services services;
    std::map<std::string, module::pgsql::Endpoint> endpoints;
    module::pgsql::Failover failover;
    module::pgsql::Connection connection;
};

// What the specification says, and what was seen.
PgClusterView view_of(const module::pgsql::PgCluster& cluster, const std::string& id,
                      const module::pgsql::Overview& seen);

class PgClusterDataSource final : public framework::TypedDataSource<PgClusterView> {
  public:
    [[nodiscard]] framework::Declaration<PgClusterView> declare() const override;
    Result<PgClusterView> read(const PgClusterView& config, framework::Call& call) const override;
};

}  // namespace pigsty::provider
