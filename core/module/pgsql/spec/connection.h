// What users, databases and standby clusters point at (behaviour 12), and what a restore takes the key of its source from: {id,
// name, members} of a PostgreSQL cluster.
#pragma once

#include <string>

#include "core/base/json_fields.h"
#include "core/base/member_key.h"
#include "core/module/platform/node_address_fields.h"
#include "core/node/node.h"

namespace pigsty::module::pgsql {

struct Connection {
    std::string id;
    std::string name;
    MemberMap<node::NodeAddress> members;
    bool operator==(const Connection&) const = default;
};

void fields(auto& visit, FieldsOf<Connection> auto& connection) {
    visit("id", connection.id);
    visit("name", connection.name);
    visit("members", connection.members);
}

}  // namespace pigsty::module::pgsql
