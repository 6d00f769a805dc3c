#include "core/module/redis/replication.h"

#include <algorithm>
#include <tuple>

namespace pigsty::module::redis {
namespace {

bool has(const std::vector<InstancePlace>& group, const std::string& endpoint) {
    return std::ranges::any_of(group, [&](const InstancePlace& place) { return place.endpoint() == endpoint; });
}

// A master's own offset moves whether anybody follows it or not.
std::string moved_in(const std::vector<InstancePlace>& group, const Looks& looks) {
    std::string moved;
    for (const InstancePlace& place : group) {
        const InstanceLook* look = look_of(looks, place.endpoint());
        if (look == nullptr) continue;
        moved += place.name + " " + look->role;
        if (look->role == "slave")
            moved += (look->is_linked    ? " linked "
                      : look->is_copying ? " copies "
                                         : " not linked ") +
                     std::to_string(look->offset + look->copied);
        moved += "; ";
    }
    return moved;
}

}  // namespace

bool follows_one(const std::vector<InstancePlace>& group, const Looks& looks) {
    std::size_t masters = 0;
    for (const InstancePlace& place : group) {
        const InstanceLook* look = look_of(looks, place.endpoint());
        if (look == nullptr) continue;
        if (look->role == "master") ++masters;
        if (look->role == "slave" && (!look->is_linked || !has(group, look->primary))) return false;
    }
    return masters == 1;
}

std::vector<std::string> replication_drift(const RedisCluster& cluster, const Looks& looks) {
    std::vector<std::string> sentences;
    for (const auto& group : groups_of(cluster)) {
        std::size_t leaders = 0;
        for (const InstancePlace& place : group) {
            const InstanceLook* look = look_of(looks, place.endpoint());
            if (look == nullptr) continue;
            if (look->role == "master") ++leaders;
            if (look->role == "slave" && !has(group, look->primary))
                sentences.push_back(place.name + " replication: follows " + look->primary + ", " +
                                    std::string(kOfNoGroup));
            else if (is_cut_off_from_living(looks, place.endpoint()))
                sentences.push_back(place.name + " replication: its link to its master stays down");
        }
        if (leaders > 1) sentences.push_back(group.front().name + " replication: its group has more than one master");
    }
    return sentences;
}

std::optional<std::string> leader_of(const std::vector<InstancePlace>& group, const Looks& looks) {
    std::optional<std::string> leader;
    std::tuple<std::int64_t, std::int64_t> best{-1, -1};
    for (const InstancePlace& place : group) {
        const InstanceLook* look = look_of(looks, place.endpoint());
        if (look == nullptr || look->role != "master") continue;
        const auto followers = std::ranges::count_if(group, [&](const InstancePlace& other) {
            const InstanceLook* its = look_of(looks, other.endpoint());
            return its != nullptr && its->primary == place.endpoint();
        });
        const std::tuple<std::int64_t, std::int64_t> rank{followers, look->offset};
        if (rank > best) best = rank, leader = place.endpoint();
    }
    return leader;
}

Status replicate(const RedisCluster& cluster, converge::StepContext& context) {
    TRY(const Looks looks, look_at_all(cluster, context));
    for (const auto& group : groups_of(cluster)) {
        if (const InstanceLook* only = look_of(looks, group.front().endpoint()); group.size() == 1) {
            if (only != nullptr && only->role == "slave")
                TRY_VOID(tell(cluster, group.front(), {"REPLICAOF NO ONE", "CONFIG REWRITE"}, context));
            continue;
        }
        const auto leader = leader_of(group, looks);
        if (!leader)
            return fail(
                Error{ErrorCode::failed,
                      "expected a master in the group of " + group.front().name + ", found none that answers"}
                    .with_hint("bring its master back, or promote a replica (REPLICAOF NO ONE), and apply again"));
        for (const InstancePlace& place : group) {
            const InstanceLook* look = look_of(looks, place.endpoint());
            if (look == nullptr || place.endpoint() == *leader) continue;
            if (look->role == "slave" && has(group, look->primary)) continue;
            TRY_VOID(tell(cluster, place, {"REPLICAOF " + *leader, "CONFIG REWRITE"}, context));
        }
    }
    TRY_VOID(log_in_again(cluster, looks, context));
    return context.wait_for(gate_of(cluster, looks, "replicas of " + cluster.name + " follow one master", context),
                            [&]() -> Result<converge::Look> {
                                TRY(const Looks now, look_at_all(cluster, context));
                                converge::Look seen{.reached = true};
                                for (const auto& group : groups_of(cluster)) {
                                    seen.reached = seen.reached && follows_one(group, now);
                                    seen.moved += moved_in(group, now);
                                }
                                return seen;
                            });
}

}  // namespace pigsty::module::redis
