// PoolQueue: what users and databases of one cluster want of pgbouncer's lists, gathered while others write
// (core/module/pgsql/pool/lists.h does the writing).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/secret.h"
#include "core/node/batches.h"

namespace pigsty::module::pgsql {

// Path of a fragment → its text; nothing: there must be none.
using Fragments = std::map<std::string, std::optional<Secret>>;

struct PoolWish {
    Fragments fragments;
    std::vector<std::string>* warnings = nullptr;  // of whoever waits for it; may be null
};

using PoolQueue = node::Batches<PoolWish>;

// Of all members together.
struct PoolCounters {
    std::uint64_t list_writes = 0;  // lists that another text replaced
    std::uint64_t reloads = 0;
};

}  // namespace pigsty::module::pgsql
