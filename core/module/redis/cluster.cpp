#include "core/module/redis/cluster.h"

#include <algorithm>
#include <set>

#include "core/module/redis/layout.h"
#include "core/module/redis/lost_members.h"

namespace pigsty::module::redis {
namespace {

Slots believed_in(const ClusterTables& tables) {
    Slots slots;
    for (const auto& [endpoint, table] : tables)
        for (const ClusterNode& node : table) slots |= node.served();
    return slots;
}

// Every member has an epoch of its own before it meets others, and the slots of its shard that nobody serves. One that came
// back without an id got its slots before, where it has their data.
Status give_slots(const RedisCluster& cluster, converge::StepContext& context) {
    TRY(const Looks looks, look_at_all(cluster, context));
    const ClusterTables tables = tables_of(looks);
    const Slots believed = believed_in(tables);
    std::int64_t epoch = 0;
    for (const Shard& shard : layout_of(cluster)) {
        ++epoch;
        const Slots slots = shard.served() & ~believed;
        const ClusterNode* self = self_at(tables, shard.master.endpoint());
        if (slots.none() || self == nullptr || !self->is_master) continue;
        if (!context.creating() && is_new(tables, shard.master.endpoint())) continue;
        std::vector<std::string> commands;
        if (tables.at(shard.master.endpoint()).size() == 1 && self->epoch == 0)
            commands.push_back("CLUSTER SET-CONFIG-EPOCH " + std::to_string(epoch));
        commands.push_back("CLUSTER ADDSLOTSRANGE " + slot_ranges(slots));
        TRY_VOID(tell(cluster, shard.master, commands, context));
    }
    return {};
}

bool all_know_all(const RedisCluster& cluster, const ClusterTables& tables) {
    return std::ranges::all_of(tables, [&](const auto& one) { return knows_all(cluster, tables, one.first); });
}

std::int64_t followers_of(const ClusterTables& tables, const ClusterNode& owner) {
    for (const auto& [endpoint, table] : tables)
        if (const ClusterNode* self = self_in(table); self != nullptr && self->id == owner.id)
            return std::ranges::count(table, owner.id, &ClusterNode::master);
    return 0;
}

// Whoever serves the slots of its shard; where that one has its replicas already (they moved since the creation), the one
// with the fewest.
const ClusterNode* master_for(const RedisCluster& cluster, const ClusterTables& tables, const InstancePlace& place) {
    const ClusterNode *own = nullptr, *poorest = nullptr;
    for (const Shard& shard : layout_of(cluster)) {
        const ClusterNode* owner = owner_of(tables, shard.first);
        if (owner == nullptr) continue;
        const auto is_it = [&](const InstancePlace& one) { return one.endpoint() == place.endpoint(); };
        if (is_it(shard.master) || std::ranges::any_of(shard.replicas, is_it)) own = owner;
        if (poorest == nullptr || followers_of(tables, *owner) < followers_of(tables, *poorest)) poorest = owner;
    }
    return own != nullptr && followers_of(tables, *own) < cluster.replicas ? own : poorest;
}

// A member learns of the others' slots a moment after it met them, and lets go of what it served itself by mistake.
Status follow(const RedisCluster& cluster, const ClusterTables& tables, converge::StepContext& context) {
    for (const InstancePlace& place : all_places(cluster)) {
        const ClusterNode* self = self_at(tables, place.endpoint());
        if (self == nullptr || !self->is_master || !self->slots.empty()) continue;
        const ClusterNode* master = master_for(cluster, tables, place);
        const auto& table = tables.at(place.endpoint());
        if (master == nullptr || std::ranges::find(table, master->id, &ClusterNode::id) == table.end()) continue;
        TRY_VOID(tell(cluster, place, {"CLUSTER REPLICATE " + master->id}, context));
    }
    return {};
}

// At its start a server takes the slots of the keys that it finds on its disk, if it remembers no cluster.
std::set<std::string> claim_what_others_serve(const ClusterTables& tables) {
    Slots served;
    for (const auto& [endpoint, table] : tables)
        if (!is_new(tables, endpoint)) served |= self_in(table)->served();
    std::set<std::string> claiming;
    for (const auto& [endpoint, table] : tables)
        if (is_new(tables, endpoint) && (self_in(table)->served() & served).any()) claiming.insert(endpoint);
    return claiming;
}

// One after the other: two masters of one epoch settle it by giving one of them the largest of all, and its claim would win over
// those who serve these slots.
Status take_back(const RedisCluster& cluster, const InstancePlace& first, const InstancePlace& place,
                 converge::StepContext& context) {
    TRY_VOID(tell(cluster, first, {"CLUSTER MEET " + place.endpoint()}, context));
    return context.wait_for(
        {.fact = place.name + " follows whoever serves the slots that it claimed"}, [&]() -> Result<converge::Look> {
            TRY(const Looks looks, look_at_all(cluster, context));
            const ClusterTables tables = tables_of(looks);
            TRY_VOID(follow(cluster, tables, context));
            const ClusterNode* self = self_at(tables, place.endpoint());
            return converge::Look{.reached = self != nullptr && !self->is_master,
                                  .moved = self == nullptr ? "silent" : slot_ranges(self->served())};
        });
}

Status meet(const RedisCluster& cluster, converge::StepContext& context) {
    TRY(const Looks looks, look_at_all(cluster, context));
    const ClusterTables tables = tables_of(looks);
    if (all_know_all(cluster, tables)) return {};
    const auto places = all_places(cluster);
    const auto answers = [&](const InstancePlace& place) { return self_at(tables, place.endpoint()) != nullptr; };
    auto first = std::ranges::find_if(
        places, [&](const InstancePlace& place) { return answers(place) && !is_new(tables, place.endpoint()); });
    if (first == places.end()) first = std::ranges::find_if(places, answers);
    if (first == places.end())
        return fail(ErrorCode::unreachable, "expected a member of " + cluster.name + " that answers, found none");
    const std::set<std::string> claiming = claim_what_others_serve(tables);
    std::vector<std::string> commands;
    for (const InstancePlace& place : places)
        if (answers(place) && !claiming.contains(place.endpoint()))
            commands.push_back("CLUSTER MEET " + place.endpoint());
    TRY_VOID(tell(cluster, *first, commands, context));
    for (const InstancePlace& place : places)
        if (claiming.contains(place.endpoint())) TRY_VOID(take_back(cluster, *first, place, context));
    return context.wait_for(
        {.fact = "members of " + cluster.name + " know each other"}, [&]() -> Result<converge::Look> {
            TRY(const Looks seen, look_at_all(cluster, context));
            const ClusterTables now = tables_of(seen);
            converge::Look look{.reached = all_know_all(cluster, now)};
            for (const auto& [endpoint, table] : now) {
                const auto known =
                    std::ranges::count_if(table, [](const ClusterNode& node) { return !node.id.empty(); });
                look.moved += endpoint + " knows " + std::to_string(known) + "; ";
            }
            return look;
        });
}

// Every table says of `self` what it says of itself.
bool agree_on(const ClusterTables& tables, const ClusterNode& self) {
    return std::ranges::all_of(tables, [&](const auto& one) {
        const auto entry = std::ranges::find(one.second, self.id, &ClusterNode::id);
        return entry != one.second.end() && entry->is_master == self.is_master && entry->master == self.master &&
               entry->served() == self.served();
    });
}

std::int64_t leading_in(const std::vector<ClusterNode>& table) {
    return std::ranges::count_if(table, [](const ClusterNode& node) { return node.is_master && !node.slots.empty(); });
}

}  // namespace

std::vector<std::string> cluster_drift(const RedisCluster& cluster, const Looks& looks, bool all_answer) {
    std::vector<std::string> sentences;
    const ClusterTables tables = tables_of(looks);
    const auto lost = lost_ids(cluster, tables);
    bool is_served = true;
    for (const InstancePlace& place : all_places(cluster)) {
        const auto found = looks.find(place.endpoint());
        const ClusterNode* self = self_at(tables, place.endpoint());
        if (found == looks.end() || self == nullptr) {
            all_answer = false;
            continue;
        }
        const InstanceLook& look = found->second;
        const auto& table = tables.at(place.endpoint());
        if (!knows_all(cluster, tables, place.endpoint()))
            sentences.push_back(place.name + " cluster: does not know all members");
        else if (self->is_master && self->slots.empty())
            sentences.push_back(place.name + " cluster: serves no slots and follows nobody");
        else if (is_cut_off_from_living(looks, place.endpoint()))
            sentences.push_back(place.name + " cluster: its link to its master stays down");
        is_served = is_served && look.state == "ok" && look.slots == kSlots &&
                    std::ranges::none_of(
                        table, [&](const ClusterNode& node) { return !node.slots.empty() && lost.contains(node.id); });
    }
    if (!lost.empty()) sentences.push_back(cluster.name + " cluster: " + std::string(kLostId));
    if (all_answer && !is_served)
        sentences.push_back(cluster.name + " cluster: not all slots are served by members that agree");
    return sentences;
}

bool is_agreed(const RedisCluster& cluster, const Looks& looks) {
    const ClusterTables tables = tables_of(looks);
    const auto masters = static_cast<std::int64_t>(layout_of(cluster).size());
    if (tables.empty() || !lost_ids(cluster, tables).empty()) return false;
    return std::ranges::all_of(tables, [&](const auto& one) {
        const InstanceLook& look = looks.at(one.first);
        const ClusterNode& self = *self_in(one.second);
        return look.state == "ok" && look.slots == kSlots && knows_all(cluster, tables, one.first) &&
               leading_in(one.second) == masters && agree_on(tables, self) &&
               (self.is_master ? !self.slots.empty() : look.is_linked);
    });
}

Status form_cluster(const RedisCluster& cluster, converge::StepContext& context) {
    // Nobody has written to a cluster that is still being made.
    if (context.creating())
        TRY_VOID(forget_lost_ids(cluster, context));
    else
        TRY_VOID(let_heirs_serve(cluster, context));
    TRY_VOID(give_slots(cluster, context));
    TRY_VOID(meet(cluster, context));
    TRY_VOID(forget_lost_ids(cluster, context));
    TRY(const Looks before, look_at_all(cluster, context));
    TRY_VOID(log_in_again(cluster, before, context));
    return context.wait_for(
        gate_of(cluster, before, "all slots of " + cluster.name + " are served and its members agree", context),
        [&]() -> Result<converge::Look> {
            TRY(const Looks looks, look_at_all(cluster, context));
            const ClusterTables tables = tables_of(looks);
            TRY_VOID(follow(cluster, tables, context));
            converge::Look seen{.reached = is_agreed(cluster, looks)};
            for (const auto& [endpoint, table] : tables) {
                const InstanceLook& look = looks.at(endpoint);
                const auto following = std::ranges::count_if(
                    table, [](const ClusterNode& node) { return !node.is_master && !node.master.empty(); });
                seen.moved +=
                    endpoint + " " + look.state + " " + std::to_string(look.slots) + " slots, " +
                    std::to_string(leading_in(table)) + " masters, " + std::to_string(following) + " replicas, " +
                    (look.role == "master" || look.is_linked ? "well; "
                                                             : std::to_string(look.copied) + " bytes copied; ");
            }
            return seen;
        });
}

}  // namespace pigsty::module::redis
