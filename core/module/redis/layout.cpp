#include "core/module/redis/layout.h"

#include <algorithm>
#include <optional>

namespace pigsty::module::redis {
namespace {

// Instances in turn over the nodes, so that what comes first is spread.
std::vector<InstancePlace> in_turn(const RedisCluster& cluster) {
    std::vector<std::vector<InstancePlace>> by_node;
    std::size_t most = 0;
    for (const auto& [number, node] : cluster.nodes) {
        by_node.push_back(places_of(cluster, number));
        most = std::max(most, by_node.back().size());
    }
    std::vector<InstancePlace> all;
    for (std::size_t i = 0; i < most; ++i)
        for (const auto& places : by_node)
            if (i < places.size()) all.push_back(places[i]);
    return all;
}

// Gives each place of a replica one of the candidates on another node, as far as that goes at all (augmenting paths).
class Matching {
  public:
    Matching(const std::vector<std::string>& wanted, const std::vector<InstancePlace>& candidates)
        : wanted_(wanted), candidates_(candidates), taken_by_(candidates.size()) {
        for (std::size_t want = 0; want < wanted.size(); ++want) {
            std::vector<bool> visited(candidates.size());
            place(want, visited);
        }
        for (std::size_t want = 0; want < wanted.size(); ++want)
            if (std::ranges::find(taken_by_, std::optional(want)) == taken_by_.end())
                if (const auto left = std::ranges::find_if(taken_by_, [](const auto& by) { return !by; });
                    left != taken_by_.end())
                    *left = want;
    }

    [[nodiscard]] const std::vector<std::optional<std::size_t>>& taken_by() const { return taken_by_; }

  private:
    bool place(std::size_t want, std::vector<bool>& visited) {
        for (std::size_t i = 0; i < candidates_.size(); ++i) {
            if (visited[i] || candidates_[i].address == wanted_[want]) continue;
            visited[i] = true;
            if (taken_by_[i] && !place(*taken_by_[i], visited)) continue;
            taken_by_[i] = want;
            return true;
        }
        return false;
    }

    const std::vector<std::string>& wanted_;  // addresses of the masters, one for each of their replicas
    const std::vector<InstancePlace>& candidates_;
    std::vector<std::optional<std::size_t>> taken_by_;
};

}  // namespace

Slots Shard::served() const {
    Slots slots;
    for (std::int64_t slot = first; slot <= last; ++slot) slots.set(static_cast<std::size_t>(slot));
    return slots;
}

std::vector<Shard> layout_of(const RedisCluster& cluster) {
    const std::vector<InstancePlace> all = in_turn(cluster);
    const auto each = static_cast<std::size_t>(std::max<std::int64_t>(cluster.replicas, 0)) + 1;
    const auto masters = static_cast<std::int64_t>(all.size() / each);
    std::vector<Shard> shards;
    std::vector<std::string> wanted;
    for (std::int64_t i = 0; i < masters; ++i) {
        shards.push_back({.first = kSlots * i / masters,
                          .last = kSlots * (i + 1) / masters - 1,
                          .master = all[static_cast<std::size_t>(i)],
                          .replicas = {}});
        wanted.insert(wanted.end(), each - 1, shards.back().master.address);
    }
    const std::vector<InstancePlace> rest(all.begin() + masters, all.end());
    const Matching matching(wanted, rest);
    for (std::size_t i = 0; i < rest.size(); ++i)
        if (const auto want = matching.taken_by()[i]) shards[*want / (each - 1)].replicas.push_back(rest[i]);
    return shards;
}

}  // namespace pigsty::module::redis
