// What a Redis cluster does right now, from the looks at its instances that a refresh takes anyway, and one more.
//
//     TRY(const auto seen, node->observe(overview_probes(cluster, number), cancel));
//     const Overview overview = overview_of(cluster, {{"1", seen}, {"2", std::nullopt}});
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/member_key.h"
#include "core/module/redis/spec.h"
#include "core/node/probe.h"

namespace pigsty::module::redis {

struct InstanceOverview {
    std::string address;
    std::int64_t port = 0;
    bool healthy = false;  // it answers, and a replica is linked to its master
    // Nothing of these where it did not answer.
    std::optional<std::string> role{};           // "master", "replica", "sentinel"
    std::optional<std::string> master{};         // "10.10.10.10 6379" of a replica
    std::optional<bool> linked{};                // of a replica
    std::optional<std::string> version{};        // "8.0.2"
    std::optional<std::int64_t> memory_used{};   // bytes
    std::optional<std::int64_t> memory_limit{};  // bytes; 0: none
    std::optional<std::int64_t> clients{};       // connected
    std::optional<std::string> slots{};          // "0-5460 9000" of a master of a native cluster
    bool operator==(const InstanceOverview&) const = default;
};

// A primary that the sentinels watch.
struct MonitorOverview {
    std::string host;  // where it is now
    std::int64_t port = 0;
    std::int64_t quorum = 0;
    std::int64_t sentinels = 0;           // that answer and watch it
    bool healthy = false;                 // they all name the same place, and none of them finds it down
    std::vector<std::string> replicas{};  // "10.10.10.11 6379"
    bool operator==(const MonitorOverview&) const = default;
};

struct Overview {
    bool healthy = false;                  // all instances are, and the whole is as it was declared
    std::optional<std::string> version{};  // the oldest of those that answer
    std::optional<std::string> state{};    // of a native cluster: "ok" where all members say so, else "fail"
    std::optional<std::int64_t> slots_served{};
    std::map<std::string, InstanceOverview> instances;  // by name
    std::map<std::string, MonitorOverview> monitors;
    bool operator==(const Overview&) const = default;
};

// What to look at on a node: all in one request.
node::Probes overview_probes(const RedisCluster& cluster, const std::string& number);
// By number of the node; nothing where its machine did not answer.
Overview overview_of(const RedisCluster& cluster, const MemberMap<std::optional<node::Observation>>& seen);

}  // namespace pigsty::module::redis
