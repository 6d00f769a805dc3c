// data "pigsty_redis_cluster": what a Redis cluster is and does, from its machines alone.
#pragma once

#include <string>
#include <vector>

#include "core/module/redis/overview.h"
#include "core/module/redis/spec.h"
#include "provider/framework/data_source.h"

namespace pigsty::provider {

struct RedisClusterView {
    std::string name;
    std::vector<node::NodeAddress> nodes;  // machines to ask

    std::string id;
    std::string mode;
    std::string engine;
    module::redis::Overview seen{};
    std::vector<module::redis::Endpoint> endpoints;
    module::redis::Access access{};
};

class RedisClusterDataSource final : public framework::TypedDataSource<RedisClusterView> {
  public:
    [[nodiscard]] framework::Declaration<RedisClusterView> declare() const override;
    Result<RedisClusterView> read(const RedisClusterView& config, framework::Call& call) const override;
};

}  // namespace pigsty::provider
