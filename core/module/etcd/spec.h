// What a user asks of etcd, and what others are told of it.
//
//     claim.spec = write_json(cluster);
//     TRY(const EtcdCluster cluster, read_json<EtcdCluster>(claim.spec));
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/constraint.h"
#include "core/base/json_fields.h"
#include "core/base/member_key.h"
#include "core/module/ca/reference.h"
#include "core/module/platform/node_address_fields.h"
#include "core/node/node.h"

namespace pigsty::module::etcd {

struct EtcdCluster {
    std::string name = "etcd";
    MemberMap<node::NodeAddress> members;
    ca::Reference ca{};
    std::int64_t port = 2379;
    std::int64_t peer_port = 2380;
    std::string data_dir = "/data/etcd";
    std::optional<std::int64_t> quota_backend_bytes{};  // null: 8 GiB
    bool operator==(const EtcdCluster&) const = default;
};

inline constexpr std::int64_t kDefaultQuotaBackendBytes = 8589934592;
inline constexpr Range kQuotaBackendBytes{67108864, 17179869184};

// Attribute `access`: how to reach an etcd cluster. `members` tell where root commands can be run (SSH), `endpoints`
// what clients connect to; a client certificate of the CA with this fingerprint is let in.
struct Access {
    std::string id;
    std::string name;
    std::vector<std::string> endpoints;  // "https://10.10.10.10:2379", in the order of the members
    std::string ca_fingerprint;
    MemberMap<node::NodeAddress> members;
    bool operator==(const Access&) const = default;
};

void fields(auto& visit, FieldsOf<EtcdCluster> auto& cluster) {
    visit("name", cluster.name);
    visit("members", cluster.members);
    visit("ca", cluster.ca);
    visit("port", cluster.port);
    visit("peer_port", cluster.peer_port);
    visit("data_dir", cluster.data_dir);
    visit("quota_backend_bytes", cluster.quota_backend_bytes);
}

void fields(auto& visit, FieldsOf<Access> auto& access) {
    visit("id", access.id);
    visit("name", access.name);
    visit("endpoints", access.endpoints);
    visit("ca_fingerprint", access.ca_fingerprint);
    visit("members", access.members);
}

}  // namespace pigsty::module::etcd
