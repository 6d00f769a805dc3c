#include "core/module/redis/cluster_nodes.h"

#include <algorithm>

#include "core/base/number.h"

namespace pigsty::module::redis {
namespace {

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(by);
        if (end != 0 && !text.empty()) parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text = text.substr(end + 1);
    }
}

bool has_entry_at(const std::vector<ClusterNode>& table, const std::string& endpoint) {
    return std::ranges::any_of(table,
                               [&](const ClusterNode& node) { return !node.id.empty() && node.endpoint == endpoint; });
}

}  // namespace

std::string slot_ranges(const Slots& slots) {
    std::string text;
    for (std::size_t first = 0; first < slots.size(); ++first) {
        if (!slots[first]) continue;
        std::size_t last = first;
        while (last + 1 < slots.size() && slots[last + 1]) ++last;
        text += (text.empty() ? "" : " ") + std::to_string(first) + " " + std::to_string(last);
        first = last;
    }
    return text;
}

Slots ClusterNode::served() const {
    Slots all;
    for (const auto& [first, last] : slots)
        for (std::int64_t slot = std::max<std::int64_t>(first, 0); slot <= last && slot < kSlots; ++slot)
            all.set(static_cast<std::size_t>(slot));
    return all;
}

std::vector<ClusterNode> read_cluster_nodes(std::string_view text) {
    std::vector<ClusterNode> nodes;
    for (const std::string_view line : split(text, '\n')) {
        // ID ADDRESS:PORT@BUS[,NAME] FLAGS MASTER PING PONG EPOCH LINK SLOT…
        const auto words = split(line, ' ');
        if (words.size() < 8) continue;
        const std::string_view at = words[1].substr(0, words[1].find('@'));
        const auto colon = at.rfind(':');
        if (colon == std::string_view::npos) continue;
        ClusterNode node{.id = std::string(words[0]),
                         .endpoint = std::string(at.substr(0, colon)) + " " + std::string(at.substr(colon + 1)),
                         .master = words[3] == "-" ? "" : std::string(words[3]),
                         .epoch = number_in(words[6]).value_or(0),
                         .slots = {}};
        for (const std::string_view flag : split(words[2], ',')) {
            node.is_self = node.is_self || flag == "myself";
            node.is_master = node.is_master || flag == "master";
            node.is_failed = node.is_failed || flag == "fail" || flag == "fail?";
            if (flag == "handshake") node.id.clear();
            if (flag == "noaddr") node.endpoint.clear();
        }
        for (std::size_t i = 8; i < words.size(); ++i) {
            const auto dash = words[i].find('-');
            const auto first = number_in(words[i].substr(0, dash));
            const auto last = dash == std::string_view::npos ? first : number_in(words[i].substr(dash + 1));
            if (first && last) node.slots.emplace_back(*first, *last);  // else a slot on its way: "[93->-…]"
        }
        nodes.push_back(std::move(node));
    }
    return nodes;
}

const ClusterNode* self_in(const std::vector<ClusterNode>& table) {
    const auto self = std::ranges::find_if(table, &ClusterNode::is_self);
    return self == table.end() ? nullptr : &*self;
}

const ClusterNode* self_at(const ClusterTables& tables, const std::string& endpoint) {
    const auto found = tables.find(endpoint);
    return found == tables.end() ? nullptr : self_in(found->second);
}

const ClusterNode* owner_of(const ClusterTables& tables, std::int64_t slot) {
    for (const auto& [endpoint, table] : tables) {
        const ClusterNode* self = self_in(table);
        if (self == nullptr) continue;
        for (const auto& [first, last] : self->slots)
            if (first <= slot && slot <= last) return self;
    }
    return nullptr;
}

bool knows_all(const RedisCluster& cluster, const ClusterTables& tables, const std::string& endpoint) {
    const auto found = tables.find(endpoint);
    if (found == tables.end()) return false;
    const auto& table = found->second;
    return std::ranges::all_of(all_places(cluster), [&](const InstancePlace& place) {
        const ClusterNode* other = self_at(tables, place.endpoint());
        return other == nullptr ? has_entry_at(table, place.endpoint())
                                : std::ranges::find(table, other->id, &ClusterNode::id) != table.end();
    });
}

bool is_new(const ClusterTables& tables, const std::string& endpoint) {
    const ClusterNode* self = self_at(tables, endpoint);
    return self != nullptr && std::ranges::none_of(tables, [&](const auto& one) {
               return one.first != endpoint &&
                      std::ranges::find(one.second, self->id, &ClusterNode::id) != one.second.end();
           });
}

std::set<std::string> lost_ids(const RedisCluster& cluster, const ClusterTables& tables) {
    std::set<std::string> members, lost;
    std::vector<std::string> silent;
    for (const InstancePlace& place : all_places(cluster)) {
        const ClusterNode* self = self_at(tables, place.endpoint());
        if (self == nullptr)
            silent.push_back(place.endpoint());
        else
            members.insert(self->id);
    }
    for (const auto& [endpoint, table] : tables) {
        const bool has_all_silent =
            std::ranges::all_of(silent, [&](const std::string& one) { return has_entry_at(table, one); });
        for (const ClusterNode& node : table) {
            if (node.id.empty() || members.contains(node.id)) continue;
            if (node.endpoint.empty() ? has_all_silent : self_at(tables, node.endpoint) != nullptr)
                lost.insert(node.id);
        }
    }
    return lost;
}

}  // namespace pigsty::module::redis
