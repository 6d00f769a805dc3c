#include "core/module/redis/lost_members.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/module/redis/layout.h"

namespace pigsty::module::redis {
namespace {

// What members serve by their own word, those left out that nobody knows yet.
Slots served_by_known(const ClusterTables& tables) {
    Slots slots;
    for (const auto& [endpoint, table] : tables)
        if (const ClusterNode* self = self_in(table); self != nullptr && !is_new(tables, endpoint))
            slots |= self->served();
    return slots;
}

Slots served_by(const ClusterTables& tables, const std::string& id) {
    Slots slots;
    for (const auto& [endpoint, table] : tables)
        for (const ClusterNode& node : table)
            if (node.id == id) slots |= node.served();
    return slots;
}

// Slots by the lost id that the others still believe to serve them; without one: nobody is believed to.
std::vector<std::pair<std::string, Slots>> without_owner(const RedisCluster& cluster, const ClusterTables& tables) {
    const Slots known = served_by_known(tables);
    std::vector<std::pair<std::string, Slots>> all;
    for (const std::string& lost : lost_ids(cluster, tables))
        if (const Slots slots = served_by(tables, lost) & ~known; slots.any()) all.emplace_back(lost, slots);
    Slots believed;
    bool has_new = false;
    for (const auto& [endpoint, table] : tables) {
        has_new = has_new || is_new(tables, endpoint);
        for (const ClusterNode& node : table)
            if (!node.is_self || !is_new(tables, endpoint)) believed |= node.served();
    }
    // Else one that is known gets them, as it would in a create.
    if (!has_new) return all;
    for (const Shard& shard : layout_of(cluster))
        if (const Slots slots = shard.served() & ~believed; slots.any()) all.emplace_back("", slots);
    return all;
}

// The replica that has got furthest; one that never was in step has nothing.
const InstancePlace* replica_of(const std::vector<InstancePlace>& places, const Looks& looks,
                                const ClusterTables& tables, const std::string& lost) {
    const InstancePlace* best = nullptr;
    std::int64_t furthest = 0;
    for (const InstancePlace& place : places) {
        const ClusterNode* self = self_at(tables, place.endpoint());
        if (lost.empty() || self == nullptr || self->master != lost) continue;
        const std::int64_t offset = looks.at(place.endpoint()).offset;
        if (offset > furthest) furthest = offset, best = &place;
    }
    return best;
}

// One that is silent now may be in step with what was lost.
bool has_silent_replica(const ClusterTables& tables, const std::string& lost) {
    std::set<std::string> answering;
    for (const auto& [endpoint, table] : tables) answering.insert(self_in(table)->id);
    return std::ranges::any_of(tables, [&](const auto& one) {
        return std::ranges::any_of(one.second, [&](const ClusterNode& node) {
            return !lost.empty() && node.master == lost && !node.endpoint.empty() && !answering.contains(node.id);
        });
    });
}

Error nobody_has(const RedisCluster& cluster, const ClusterTables& tables, const Slots& slots) {
    std::string names, folders;
    for (const InstancePlace& place : all_places(cluster)) {
        if (!is_new(tables, place.endpoint())) continue;
        names += (names.empty() ? "" : ", ") + place.name;
        folders += (folders.empty() ? "" : ", ") + place.data;
    }
    const std::string ranges = slot_ranges(slots);
    return Error{ErrorCode::failed, "expected one member of " + cluster.name + " that has the data of the slots " +
                                        ranges + ", found none"}
        .with_hint(names + " came back under another id and without it. Put it back into " + folders +
                   " and restart there; or, where it may be lost, say so with CLUSTER ADDSLOTSRANGE " + ranges +
                   " there. Then apply again");
}

}  // namespace

Result<std::vector<Heir>> heirs_of(const RedisCluster& cluster, const Looks& looks) {
    const ClusterTables tables = tables_of(looks);
    const auto places = all_places(cluster);
    std::vector<Heir> heirs;
    for (const auto& [lost, slots] : without_owner(cluster, tables)) {
        if (const InstancePlace* replica = replica_of(places, looks, tables, lost)) {
            heirs.push_back({.place = *replica, .lost = lost});
            continue;
        }
        if (has_silent_replica(tables, lost))
            return fail(Error{ErrorCode::unreachable, "expected a replica that has the data of the slots " +
                                                          slot_ranges(slots) + " of " + cluster.name +
                                                          ", found it silent"}
                            .with_hint("bring its node back and apply again"));
        std::vector<Heir> having;
        for (const InstancePlace& place : places) {
            if (!is_new(tables, place.endpoint())) continue;
            // At its start a server takes the slots of the keys that it finds on its disk.
            const Slots own = self_at(tables, place.endpoint())->served();
            if (own.any() && (own & ~slots).none()) having.push_back({.place = place, .slots = slots & ~own});
        }
        if (having.size() != 1) return fail(nobody_has(cluster, tables, slots));
        heirs.push_back(std::move(having.front()));
    }
    return heirs;
}

Status let_heirs_serve(const RedisCluster& cluster, converge::StepContext& context) {
    TRY(const Looks looks, look_at_all(cluster, context));
    TRY(const std::vector<Heir> heirs, heirs_of(cluster, looks));
    const ClusterTables tables = tables_of(looks);
    std::int64_t epoch = 0;
    for (const auto& [endpoint, look] : looks) epoch = std::max(epoch, look.epoch);
    std::vector<std::string> taken_over;
    for (const Heir& heir : heirs) {
        std::vector<std::string> commands;
        if (!heir.lost.empty()) {
            // The others never find the lost one failed, so there is no election.
            commands.emplace_back("CLUSTER FAILOVER TAKEOVER");
            taken_over.push_back(heir.lost);
        } else {
            // Of two owners of a slot the one with the larger epoch is believed; the other drops its keys.
            const auto& table = tables.at(heir.place.endpoint());
            if (table.size() == 1 && table.front().epoch == 0)
                commands.push_back("CLUSTER SET-CONFIG-EPOCH " + std::to_string(++epoch));
            if (heir.slots.any()) commands.push_back("CLUSTER ADDSLOTSRANGE " + slot_ranges(heir.slots));
        }
        if (!commands.empty()) TRY_VOID(tell(cluster, heir.place, commands, context));
    }
    if (taken_over.empty()) return {};
    return context.wait_for(
        {.fact = "replicas of " + cluster.name + " lead where a member lost its id"}, [&]() -> Result<converge::Look> {
            TRY(const Looks now, look_at_all(cluster, context));
            converge::Look seen{.reached = true};
            for (const auto& [endpoint, table] : tables_of(now)) {
                const auto believing = std::ranges::count_if(table, [&](const ClusterNode& node) {
                    const bool is_lost = std::ranges::find(taken_over, node.id) != taken_over.end();
                    const bool follows = std::ranges::find(taken_over, node.master) != taken_over.end();
                    return (is_lost && !node.slots.empty()) || (node.is_self && follows);
                });
                seen.reached = seen.reached && believing == 0;
                seen.moved += endpoint + " sees " + std::to_string(believing) + " of them; ";
            }
            return seen;
        });
}

Status forget_lost_ids(const RedisCluster& cluster, converge::StepContext& context) {
    TRY(const Looks looks, look_at_all(cluster, context));
    const ClusterTables tables = tables_of(looks);
    const auto lost = lost_ids(cluster, tables);
    for (const InstancePlace& place : all_places(cluster)) {
        const auto table = tables.find(place.endpoint());
        if (table == tables.end()) continue;
        std::vector<std::string> commands;
        for (const ClusterNode& node : table->second)
            if (lost.contains(node.id)) commands.push_back("CLUSTER FORGET " + node.id);
        if (!commands.empty()) TRY_VOID(tell(cluster, place, commands, context));
    }
    return {};
}

}  // namespace pigsty::module::redis
