// JSON fields of a node's address, as claims keep it: {address, ssh: {host, port, user}}.
#pragma once

#include "core/base/json_fields.h"
#include "core/node/node.h"

namespace pigsty::node {

void fields(auto& visit, FieldsOf<SshRoute> auto& route) {
    visit("host", route.host);
    visit("port", route.port);
    visit("user", route.user);
}

void fields(auto& visit, FieldsOf<NodeAddress> auto& node) {
    visit("address", node.address);
    visit("ssh", node.ssh);
}

}  // namespace pigsty::node
