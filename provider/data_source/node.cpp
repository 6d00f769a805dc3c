#include "provider/data_source/node.h"

#include <algorithm>
#include <tuple>

#include "provider/configuration/attributes.h"
#include "provider/configuration/fleet.h"
#include "provider/configuration/pg_objects.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using framework::within;
using node::Facts;

Attributes<Facts> facts_attributes() {
    return {
        attribute("os", &Facts::os_id).computed().description("Distribution, as `debian`."),
        attribute("os_version", &Facts::os_version).computed().description("Its version, as `13`."),
        attribute("codename", &Facts::codename).computed().description("The version's name, as `trixie`."),
        attribute("architecture", &Facts::machine)
            .computed()
            .description("As the kernel calls it: `x86_64`, `aarch64`."),
        attribute("hostname", &Facts::host_name).computed().description("Host name."),
        attribute("machine_id", &Facts::machine_id)
            .computed()
            .description("systemd's machine id: another one is another machine."),
        attribute("kernel", &Facts::kernel).computed().description("Release of the running kernel."),
        attribute("systemd", &Facts::systemd).computed().description("Version of systemd."),
        attribute("timezone", &Facts::timezone).computed().description("Time zone."),
        attribute("cpu", &Facts::cpu).computed().description("CPUs."),
        attribute("memory_mb", &Facts::memory_mb).computed().description("Memory, in MB."),
        attribute("data_disk_gb", &Facts::data_disk_gb)
            .computed()
            .description("Size of the file system that holds `/data`, or would hold it, in GB."),
    };
}

Attributes<ManagedThing> managed_thing_attributes() {
    return {
        attribute("type", &ManagedThing::type).computed().description("Type of the resource, as `pigsty_pg_cluster`."),
        attribute("name", &ManagedThing::name).computed().description("Its name."),
        attribute("id", &ManagedThing::id).computed().description("Its `id`."),
        attribute("member", &ManagedThing::member)
            .computed()
            .description("Which member of it this machine is; empty where it has no members."),
        attribute("state", &ManagedThing::state)
            .computed()
            .description("`ready`, or `creating` or `removing` where that has not finished."),
    };
}

std::string to_text(node::ClaimState state) {
    switch (state) {
        case node::ClaimState::creating: return "creating";
        case node::ClaimState::ready: return "ready";
        case node::ClaimState::removing: return "removing";
    }
    return {};
}

}  // namespace

NodeView view_of(const node::Node& node) {
    const Facts& facts = node.facts();
    NodeView view{.address = node.address(),
                  .facts = facts,
                  .sizing = render::rounded({facts.cpu, facts.memory_mb, facts.data_disk_gb}),
                  .resources = {}};
    for (const node::Claim& claim : node.claims())
        view.resources.push_back({"pigsty_" + claim.kind, claim.name, claim.id, claim.member, to_text(claim.state)});
    std::ranges::sort(view.resources, {}, [](const ManagedThing& thing) { return std::tie(thing.type, thing.name); });
    return view;
}

framework::Declaration<NodeView> NodeDataSource::declare() const {
    return {.description =
                "What a machine is, and which resources of this provider are on it. Reads only: nothing is installed.",
            .subcategory = "Nodes",
            .attributes = {
                within(&NodeView::address, node_address_attributes()),
                within(&NodeView::facts, facts_attributes()),
                object("sizing", &NodeView::sizing, sizing_attributes())
                    .computed()
                    .description("What `pigsty_pg_cluster` takes as `sizing`: the facts, rounded down so that a new "
                                 "kernel changes nothing."),
                nested("resources", &NodeView::resources, managed_thing_attributes())
                    .computed()
                    .description("What this provider manages here, from any state, by type and name."),
            }};
}

Result<NodeView> NodeDataSource::read(const NodeView& config, framework::Call& call) const {
    TRY(const node::NodePtr node, call.provider<Fleet>()->connect(config.address, call.cancel));
    NodeView view = view_of(*node);
    view.address = config.address;
    return view;
}

}  // namespace pigsty::provider
