#include "provider/resource/vip.h"

#include <utility>

#include "core/base/unknown.h"
#include "provider/framework/validators.h"
#include "provider/resource/module_attributes.h"

namespace pigsty::provider {
namespace {

using framework::follows;
using module::vip::Check;
using module::vip::Holder;
using module::vip::VirtualIp;

Attributes<Check> check_attributes() {
    return {
        attribute("unit", &Check::unit)
            .optional()
            .validate(follows(module::vip::kUnitName))
            .example("\"haproxy.service\"")
            .description("A unit of systemd that must be active."),
        attribute("port", &Check::port)
            .optional()
            .validate(framework::port())
            .description("A port at the machine's own address that must take connections."),
    };
}

Attributes<Holder> holder_attributes() {
    return {
        within(&Holder::node, node_address_attributes(kIpv4Address)),
        attribute("priority", &Holder::priority)
            .optional()
            .validate(framework::between(module::vip::kPriorities))
            .description("Who of those that live takes the address, the highest first. Not set: 250 for the lowest "
                         "number, one less for each after it."),
        attribute("interface", &Holder::interface)
            .optional()
            .validate(follows(module::vip::kInterface))
            .description("Its interface, where it has another one than the rest."),
    };
}

Attributes<VirtualIp> vip_attributes() {
    return {
        cluster_name_attribute(&VirtualIp::name)
            .example("\"web\"")
            .description("Name of the address, of its section and file on each machine."),
        attribute("address", &VirtualIp::address)
            .required()
            .validate(follows(module::vip::kSharedAddress))
            .fixed_after_creation("make a second one with the other address, and remove this one when nobody uses it")
            .example("\"10.10.10.3/24\"")
            .description("The address, with the prefix of its network. It is put on as `/32`, so that no machine sends "
                         "from it by itself."),
        members_attribute("members", &VirtualIp::members, module::vip::kMostMembers, holder_attributes())
            .example("{ 1 = { address = \"10.10.10.11\" }, 2 = { address = \"10.10.10.12\" } }")
            .description("The machines by number; two at least."),
        attribute("interface", &VirtualIp::interface)
            .kept()
            .validate(follows(module::vip::kInterface))
            .example("\"eth1\"")
            .description("Network interface of the address. Not set: the one that holds the members' own addresses, "
                         "found at creation and then kept."),
        attribute("router_id", &VirtualIp::router_id)
            .optional()
            .validate(framework::between(module::vip::kRouterIds))
            .description("Number of the virtual router (VRRP's VRID), another one for each address of a machine. Not "
                         "set: the last number of the address."),
        attribute("preempt", &VirtualIp::preempt)
            .fixed_default(false)
            .description("A machine that comes back takes the address from one of lower priority. Otherwise the "
                         "address stays where it is: one interruption less."),
        nested("check", &VirtualIp::check, check_attributes())
            .optional()
            .example("{ unit = \"haproxy.service\" }")
            .description("What must live on a machine that has the address: `unit` or `port`. Asked every second; "
                         "after two failures the address goes elsewhere. Not set: only keepalived itself."),
    };
}

}  // namespace

Declaration<VipState> VipResource::declare() const {
    return {
        .description =
            "An IPv4 address that one of some machines has, whichever of them lives: keepalived, by unicast, with a "
            "password that is made on the machines. A client comes back within 4 s after the holder's power cut. Who "
            "has the address is a fact: a failover plans nothing. (The address of a PostgreSQL cluster, which follows "
            "its leader, is `vip` of `pigsty_pg_cluster`.)",
        .subcategory = "Nodes",
        .attributes = {
            within(&VipState::spec, vip_attributes()),
            within(&VipState::common,
                   framework::common_attributes(
                       {.deletion_protection = false, .ignore_example = "[\"web-2 /etc/keepalived/*\"]"})),
        }};
}

MemberMap<node::NodeAddress> VipResource::machines(const Spec& spec) const {
    MemberMap<node::NodeAddress> machines;
    for (const auto& [number, holder] : spec.members) machines.emplace(number, holder.node);
    return machines;
}

converge::Table VipResource::table(const VipState& state, const Fleet* /*fleet*/) const {
    return module::vip::table_of(state.spec);
}

converge::Table VipResource::before_destroy(const VipState& state, const Fleet* /*fleet*/) const {
    return module::vip::removal_of(state.spec);
}

Status VipResource::decide(VipState& state, converge::Run& run, Call& call) const {
    if (state.spec.interface && !has_unknown(*state.spec.interface)) return {};
    TRY(std::string interface, module::vip::common_interface(state.spec, run.sites(), call.cancel));
    state.spec.interface = std::move(interface);
    return {};
}

void VipResource::validate(const VipState& config, framework::Validation& validation) const {
    ModuleResource::validate(config, validation);
    const VirtualIp& vip = config.spec;
    if (!validation.unknown.at("members") && vip.members.size() == 1)
        validation.error(value::Path::of("members"), "One machine has nobody to take its address over",
                         "Expected two members at least, found one. Add another machine.");
    if (vip.check && !validation.unknown.at("check") && vip.check->unit.has_value() == vip.check->port.has_value())
        validation.error(
            value::Path::of("check"), "One check",
            std::string("Expected `unit` or `port`, found ") + (vip.check->unit ? "both" : "neither") + ".");
    const auto shared = parse_shared_address(vip.address);
    if (!shared) return;
    for (const auto& [number, holder] : vip.members) {
        const std::string& own = holder.node.address;
        const value::Path path = value::Path::of("members").key(number);
        if (own == shared->address)
            validation.error(value::Path::of("address"), "The address of a machine",
                             shared->address + " is the address of members[\"" + number +
                                 "\"]. Choose one that no machine has: it moves from member to member.");
        // Of an interface that is named only the node knows its networks.
        if (vip.interface || holder.interface || has_unknown(own) || !kIpv4Address.holds(own)) continue;
        if (network_of_address(own, shared->prefix) != shared->network)
            validation.error(value::Path::of("address"), "An address of another network",
                             "Expected an address in the network of the members, found " + vip.address +
                                 ", outside of which is members[\"" + number + "\"] (" + own +
                                 "). Choose an address of their network, or name the interface.");
    }
}

}  // namespace pigsty::provider
