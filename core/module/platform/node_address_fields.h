// JSON fields of a node's address, as claims keep it: one flat object {address, ssh_host, ssh_port, ssh_user}.
#pragma once

#include "core/base/json_fields.h"
#include "core/node/node.h"

namespace pigsty::node {

void fields(auto& visit, FieldsOf<NodeAddress> auto& node) {
    visit("address", node.address);
    visit("ssh_host", node.ssh_host);
    visit("ssh_port", node.ssh_port);
    visit("ssh_user", node.ssh_user);
}

}  // namespace pigsty::node
