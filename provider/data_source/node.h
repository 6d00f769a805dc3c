// data "pigsty_node": what a machine is, and what this provider manages on it.
#pragma once

#include <string>
#include <vector>

#include "core/node/facts.h"
#include "core/node/node.h"
#include "core/render/sizing.h"
#include "provider/framework/data_source.h"

namespace pigsty::provider {

// A resource that has a claim on the machine.
struct ManagedThing {
    std::string type;  // "pigsty_pg_cluster"
    std::string name;
    std::string id;
    std::string member;  // "pg-test-2"; empty where it has none
    std::string state;   // creating | ready | removing
    bool operator==(const ManagedThing&) const = default;
};

struct NodeView {
    node::NodeAddress address;
    node::Facts facts;
    render::Sizing sizing;
    std::vector<ManagedThing> resources;
};

// What is shown of a machine that was reached.
NodeView view_of(const node::Node& node);

class NodeDataSource final : public framework::TypedDataSource<NodeView> {
  public:
    [[nodiscard]] framework::Declaration<NodeView> declare() const override;
    Result<NodeView> read(const NodeView& config, framework::Call& call) const override;
};

}  // namespace pigsty::provider
