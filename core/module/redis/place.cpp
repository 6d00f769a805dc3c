#include "core/module/redis/place.h"

#include <algorithm>
#include <map>

#include "core/base/hash.h"
#include "core/base/number.h"
#include "core/module/redis/rules.h"

namespace pigsty::module::redis {
namespace {

constexpr int kRounds = 20000;

// 30 bits: enough to tell two passwords apart, too little and too dear to find one.
std::int64_t generation_from(std::string_view digest) {
    std::int64_t generation = 0;
    for (std::size_t i = 0; i < 4; ++i) generation = generation * 256 + static_cast<unsigned char>(digest[i]);
    return generation % (1 << 30) + 1;
}

// No password holds a control character.
constexpr const char* kUnknown = "\x01";

std::int64_t generation_of(const Secret& password, const std::string& salt) {
    if (is_unknown_password(password)) {
        const std::string_view text = password.reveal().substr(1);
        return number_in(text.substr(0, text.find(' '))).value_or(0);
    }
    // Every file of every instance asks again, and an answer is meant to be dear.
    static thread_local std::map<std::string, std::int64_t> answers;
    const std::string asked = hmac_sha256_raw(salt, password.reveal());
    const auto found = answers.find(asked);
    if (found != answers.end()) return found->second;
    return answers[asked] = generation_from(pbkdf2_sha256_raw(password.reveal(), salt, kRounds));
}

}  // namespace

std::vector<InstancePlace> places_of(const RedisCluster& cluster, const std::string& number) {
    std::vector<InstancePlace> places;
    const auto node = cluster.nodes.find(number);
    if (node == cluster.nodes.end()) return places;
    for (const auto& [port, instance] : node->second.instances) {
        const std::string name = member_name(cluster.name, number) + "-" + port;
        places.push_back({.name = name,
                          .address = node->second.node.address,
                          .port = port,
                          .instance = &instance,
                          .data = cluster.data_dir + "/" + name});
    }
    return places;
}

std::vector<InstancePlace> all_places(const RedisCluster& cluster) {
    std::vector<InstancePlace> all;
    for (const auto& [number, node] : cluster.nodes)
        for (InstancePlace& place : places_of(cluster, number)) all.push_back(std::move(place));
    return all;
}

std::string password_salt(const RedisCluster& cluster) { return "pigsty redis_cluster " + cluster.name; }

std::string password_salt(const Monitor& monitor) { return "pigsty sentinel_monitor " + monitor.name; }

Secret unknown_password(const std::string& salt, std::int64_t generation) {
    return Secret(kUnknown + std::to_string(generation) + " " + salt);
}

bool is_unknown_password(const std::optional<Secret>& password) {
    return password && password->reveal().starts_with(kUnknown);
}

bool may_be(const Secret& unknown, const Secret& word) {
    const std::string_view text = unknown.reveal();
    const auto blank = text.find(' ');
    return is_unknown_password(unknown) && blank != std::string_view::npos &&
           generation_of(word, std::string(text.substr(blank + 1))) == generation_of(unknown, "");
}

std::optional<std::int64_t> password_generation(const RedisCluster& cluster) {
    if (cluster.password_wo_version)
        return generation_from(sha256_raw("version " + std::to_string(*cluster.password_wo_version)));
    if (!cluster.password) return std::nullopt;
    return generation_of(*cluster.password, password_salt(cluster));
}

std::int64_t password_generation(const Monitor& monitor) {
    return monitor.password ? generation_of(*monitor.password, password_salt(monitor)) : 0;
}

std::vector<std::vector<InstancePlace>> groups_of(const RedisCluster& cluster) {
    const std::vector<InstancePlace> all = all_places(cluster);
    std::map<std::string, std::string> follows;
    for (const InstancePlace& place : all) {
        const auto primary =
            place.instance->replica_of ? place_of(*place.instance->replica_of, place.address) : std::nullopt;
        if (primary) follows[place.endpoint()] = primary->address + " " + primary->port;
    }
    const auto root_of = [&](std::string endpoint) {
        for (std::size_t steps = 0; steps < all.size() && follows.contains(endpoint); ++steps)
            endpoint = follows.at(endpoint);
        return endpoint;
    };
    std::vector<std::vector<InstancePlace>> groups;
    for (const InstancePlace& place : all)
        if (!follows.contains(place.endpoint())) groups.push_back({place});
    for (const InstancePlace& place : all)
        for (auto& group : groups)
            if (follows.contains(place.endpoint()) && group.front().endpoint() == root_of(place.endpoint()))
                group.push_back(place);
    return groups;
}

}  // namespace pigsty::module::redis
