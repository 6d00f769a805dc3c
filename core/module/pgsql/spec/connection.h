// Connection: what users and databases point at (behaviour 12), and what a restore takes the key of its source from.
#pragma once

#include <string>

#include "core/base/member_key.h"
#include "core/node/node.h"

namespace pigsty::module::pgsql {

struct Connection {
    std::string id;
    std::string name;
    MemberMap<node::NodeAddress> members;
    bool operator==(const Connection&) const = default;
};

}  // namespace pigsty::module::pgsql
