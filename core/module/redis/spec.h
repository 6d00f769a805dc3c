// What a user asks of Redis or Valkey, and what others are told of it.
//
//     claim.spec = write_json(cluster);      // without passwords
//     TRY(const RedisCluster cluster, read_json<RedisCluster>(claim.spec));
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/constraint.h"
#include "core/base/json_fields.h"
#include "core/base/member_key.h"
#include "core/base/secret.h"
#include "core/module/ca/reference.h"
#include "core/module/platform/node_address_fields.h"
#include "core/node/node.h"

namespace pigsty::module::redis {

struct Instance {
    std::optional<std::string> replica_of{};  // "ADDRESS PORT", or "PORT" of the same node: a wish for the creation
    std::optional<std::string> max_memory{};  // null: the cluster's
    std::map<std::string, std::string> parameters{};
    bool operator==(const Instance&) const = default;
};

struct RedisNode {
    node::NodeAddress node;
    MemberMap<Instance> instances;  // by port
    bool operator==(const RedisNode&) const = default;
};

// A primary that sentinels watch.
struct Monitor {
    std::string name;
    std::string host;  // any member of the group
    std::int64_t port = 6379;
    std::optional<Secret> password{};
    std::int64_t quorum = 1;
    std::optional<std::int64_t> down_after{};        // milliseconds; null: 30000
    std::optional<std::int64_t> failover_timeout{};  // milliseconds; null: 180000
    std::optional<std::int64_t> parallel_syncs{};    // null: 1
    bool operator==(const Monitor&) const = default;
};

struct RedisCluster {
    std::string name;
    std::string mode = "standalone";
    std::string engine = "redis";  // or "valkey"
    MemberMap<RedisNode> nodes;
    std::optional<Secret> password{};
    std::optional<std::int64_t> password_wo_version{};
    std::string max_memory = "1GB";
    std::string memory_policy = "allkeys-lru";
    std::vector<std::string> rdb_save{"1200 1"};
    bool aof = false;
    std::vector<std::string> listen{};  // empty: the node's address and loopback
    std::map<std::string, std::string> rename_commands{};
    std::map<std::string, std::string> parameters{};
    std::int64_t replicas = 1;
    std::string data_dir = "/data/redis";
    std::optional<ca::Reference> ca{};
    std::vector<Monitor> sentinel_monitor{};
    std::string restart = "manual";
    bool operator==(const RedisCluster&) const = default;
};

struct Endpoint {
    std::vector<std::string> hosts;
    std::int64_t port = 0;
    std::string uri;  // without a password
    bool operator==(const Endpoint&) const = default;
};

struct Access {
    std::string id;
    std::string name;
    std::string ca_fingerprint;  // empty: no TLS
    MemberMap<node::NodeAddress> nodes;
    bool operator==(const Access&) const = default;
};

void fields(auto& visit, FieldsOf<Instance> auto& instance) {
    visit("replica_of", instance.replica_of);
    visit("max_memory", instance.max_memory);
    visit("parameters", instance.parameters);
}

void fields(auto& visit, FieldsOf<RedisNode> auto& node) {
    visit("node", node.node);
    visit("instances", node.instances);
}

void fields(auto& visit, FieldsOf<Monitor> auto& monitor) {
    visit("name", monitor.name);
    visit("host", monitor.host);
    visit("port", monitor.port);
    visit("quorum", monitor.quorum);
    visit("down_after", monitor.down_after);
    visit("failover_timeout", monitor.failover_timeout);
    visit("parallel_syncs", monitor.parallel_syncs);
}

void fields(auto& visit, FieldsOf<RedisCluster> auto& cluster) {
    visit("name", cluster.name);
    visit("mode", cluster.mode);
    visit("engine", cluster.engine);
    visit("nodes", cluster.nodes);
    visit("password_wo_version", cluster.password_wo_version);
    visit("max_memory", cluster.max_memory);
    visit("memory_policy", cluster.memory_policy);
    visit("rdb_save", cluster.rdb_save);
    visit("aof", cluster.aof);
    visit("listen", cluster.listen);
    visit("rename_commands", cluster.rename_commands);
    visit("parameters", cluster.parameters);
    visit("replicas", cluster.replicas);
    visit("data_dir", cluster.data_dir);
    visit("ca", cluster.ca);
    visit("sentinel_monitor", cluster.sentinel_monitor);
    visit("restart", cluster.restart);
}

}  // namespace pigsty::module::redis
