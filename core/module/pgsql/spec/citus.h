// `mode = "citus"`: this cluster is one group of a sharded database, group 0 its coordinator. All groups of a shard have one
// scope in Patroni, and its coordinator registers the others in pg_dist_node. Pure.
//
//     dcs_prefix(cluster);                             // "/pg/pg-citus/1/" (layout.h)
//     if (is_coordinator(cluster)) …
#pragma once

#include <cstdint>
#include <string>

#include "core/base/json_fields.h"

namespace pigsty::module::pgsql {

inline constexpr const char* kCitus = "citus";  // mode, library, extension and package
inline constexpr std::int64_t kCoordinatorGroup = 0;

struct Citus {
    std::string shard;       // Patroni's scope, the same in all groups
    std::int64_t group = 0;  // 0: the coordinator
    std::string database;    // the distributed one, which Patroni makes in each group
    bool operator==(const Citus&) const = default;
};

void fields(auto& visit, FieldsOf<Citus> auto& citus) {
    visit("shard", citus.shard);
    visit("group", citus.group);
    visit("database", citus.database);
}

}  // namespace pigsty::module::pgsql
