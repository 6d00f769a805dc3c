// data "pigsty_etcd_cluster": what an etcd cluster is and does, from the machines alone.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/module/etcd/overview.h"
#include "core/module/etcd/spec.h"
#include "provider/framework/data_source.h"

namespace pigsty::provider {

struct EtcdClusterView {
    std::string name;
    std::vector<node::NodeAddress> nodes;  // machines to ask

    std::string id;
    module::etcd::Overview seen{};
    module::etcd::Access access{};
};

class EtcdClusterDataSource final : public framework::TypedDataSource<EtcdClusterView> {
  public:
    [[nodiscard]] framework::Declaration<EtcdClusterView> declare() const override;
    Result<EtcdClusterView> read(const EtcdClusterView& config, framework::Call& call) const override;
};

}  // namespace pigsty::provider
