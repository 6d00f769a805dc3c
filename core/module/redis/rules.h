// What is wrong with a specification, found without any node: the plan asks, and so does whoever is about to write.
//
//     report_problems(module::redis::problems_of(cluster), validation);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/problem.h"
#include "core/module/redis/spec.h"

namespace pigsty::module::redis {

std::vector<Problem> problems_of(const RedisCluster& cluster);
// What works and is worth a word in the plan.
std::vector<Problem> warnings_of(const RedisCluster& cluster);

// The instance that "ADDRESS PORT", " PORT" or "PORT" names, as seen from the node `number`; nothing: it is of no such form.
struct Place {
    std::string address;
    std::string port;
    auto operator<=>(const Place&) const = default;
};
std::optional<Place> place_of(std::string_view replica_of, const std::string& own_address);

}  // namespace pigsty::module::redis
