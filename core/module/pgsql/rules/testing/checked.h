// A cluster in which nothing is wrong, and what the rules say of it after a change.
//
//     EXPECT_THAT(after([](PgCluster& c) { c.rto = "30"; }), ElementsAre("rto: expected …"));
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/module/pgsql/rules/rules.h"

namespace pigsty::module::pgsql {

inline PgCluster valid_cluster() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    cluster.instances["2"] = {.node = {.address = "10.10.10.12"}};
    cluster.instances["3"] = {.node = {.address = "10.10.10.13"}, .role = "offline"};
    return cluster;
}

// What is wrong, a sentence each.
template <class Spec>
std::vector<std::string> sentences(const Spec& spec) {
    std::vector<std::string> out;
    for (const Problem& problem : problems_of(spec)) out.push_back(problem.path + ": " + problem.message);
    return out;
}

// Of a valid cluster with one change.
inline std::vector<std::string> after(const std::function<void(PgCluster&)>& change) {
    PgCluster cluster = valid_cluster();
    change(cluster);
    return sentences(cluster);
}

}  // namespace pigsty::module::pgsql
