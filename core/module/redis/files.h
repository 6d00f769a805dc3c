// Texts of an instance's files. Pure.
//
//     own_conf_text(cluster, site.member, place)     // bind "10.10.10.10 127.0.0.1" …
#pragma once

#include <string>
#include <string_view>

#include "core/module/redis/place.h"

namespace pigsty::module::redis {

// One word of a configuration file and of redis-cli's standard input.
std::string redis_quote(std::string_view text);

// Each line but rename-command and sentinel is a directive and one quoted value, which CONFIG SET takes as it stands.
std::string own_conf_text(const RedisCluster& cluster, const converge::Member& member, const InstancePlace& place);
std::string users_text(const RedisCluster& cluster);
std::string unit_text(const RedisCluster& cluster, const InstancePlace& place);

}  // namespace pigsty::module::redis
