// data "pigsty_minio_cluster": what a cluster is and does, from its machines alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/module/minio/overview.h"
#include "provider/configuration/references.h"
#include "provider/framework/data_source.h"

namespace pigsty::provider {

struct MinioBucketView {
    std::string versioning;  // "on", "off", "suspended"
    bool object_lock = false;
    std::optional<std::int64_t> quota_bytes;
    bool is_empty = true;
};

struct MinioUserView {
    bool enabled = false;
    std::set<std::string> policies;
};

struct MinioClusterView {
    std::string name;
    std::vector<node::NodeAddress> nodes;  // machines to ask

    std::string id;
    bool serves = false;
    std::int64_t parity = 0;
    MemberMap<module::minio::MemberOverview> members;
    std::map<std::string, MinioBucketView> buckets;
    std::map<std::string, MinioUserView> users;
    module::minio::Access access;
};

class MinioClusterDataSource final : public framework::TypedDataSource<MinioClusterView> {
  public:
    [[nodiscard]] framework::Declaration<MinioClusterView> declare() const override;
    Result<MinioClusterView> read(const MinioClusterView& config, framework::Call& call) const override;
};

}  // namespace pigsty::provider
