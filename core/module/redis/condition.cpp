#include "core/module/redis/condition.h"

#include <algorithm>
#include <chrono>

#include "core/module/redis/cluster.h"
#include "core/module/redis/replication.h"

namespace pigsty::module::redis {
namespace {

// Sentinel turns a master that came back within some 16 s; a replica asks its master every second.
constexpr std::chrono::seconds kPasses{20};

bool says_lost_id(const std::string& sentence) { return sentence.find(kLostId) != std::string::npos; }

bool follows_stranger(const std::string& sentence) { return sentence.find(kOfNoGroup) != std::string::npos; }

}  // namespace

std::vector<std::string> condition_drift(const RedisCluster& cluster, const Looks& looks, bool all_answer) {
    std::vector<std::string> sentences;
    if (cluster.mode == "standalone") sentences = replication_drift(cluster, looks);
    if (cluster.mode == "cluster") sentences = cluster_drift(cluster, looks, all_answer);
    std::ranges::sort(sentences);
    return sentences;
}

Result<std::vector<std::string>> lasting_drift(const RedisCluster& cluster, const std::function<Result<Looks>()>& look,
                                               bool all_answer, const std::vector<std::string>& said,
                                               const Cancel& cancel) {
    const auto ends = Cancel::Clock::now() + kPasses;
    while (true) {
        TRY(const Looks looks, look());
        auto sentences = condition_drift(cluster, looks, all_answer);
        // A lost id never comes back, and what else is wrong comes of it.
        const bool is_final = std::ranges::any_of(sentences, says_lost_id) ||
                              std::ranges::all_of(sentences, [&](const std::string& sentence) {
                                  return follows_stranger(sentence) || std::ranges::find(said, sentence) != said.end();
                              });
        if (is_final || Cancel::Clock::now() >= ends) return sentences;
        // A pause that is cut short means cancelled or out of time: the next look says which.
        (void)cancel.pause(std::chrono::milliseconds(500));
    }
}

Repairs repairs_of(const RedisCluster& cluster, const std::vector<std::string>& drift) {
    const auto said = [&](std::string_view what) {
        return std::ranges::any_of(drift, [&](const std::string& sentence) {
            return sentence.starts_with(cluster.name) && sentence.find(what) != std::string::npos;
        });
    };
    return {.replication = said(" replication: "), .cluster = said(" cluster: "), .lost_id = said(kLostId)};
}

std::vector<std::string> repairs_forecast(const RedisCluster& cluster, const Repairs& repairs) {
    std::vector<std::string> sentences;
    if (repairs.replication)
        sentences.push_back("let the members of " + cluster.name +
                            " follow the one master that most of their group follow; the others' own writes go");
    if (repairs.cluster) sentences.push_back("complete the cluster " + cluster.name + ": meet, give slots, follow");
    if (repairs.lost_id)
        sentences.push_back(
            "forget the id that a member of " + cluster.name +
            " lost: a replica takes over where that member led, and the member copies it anew; without a "
            "replica it serves again what it still has");
    return sentences;
}

}  // namespace pigsty::module::redis
