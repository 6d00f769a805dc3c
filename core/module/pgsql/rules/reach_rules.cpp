// `vip`, `listen` and `patroni`: addresses that no member could hold or be found at, and ways out of the machine that would not be
// listened to.
#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/item/address_place.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/module/pgsql/spec/reach.h"

namespace pigsty::module::pgsql {
namespace {

void check_vip_is_nobodys(const PgCluster& cluster, const SharedAddress& vip, Problems& problems) {
    std::string owner;
    for (const auto& [key, member] : cluster.dcs.members)
        if (member.address == vip.address) owner = "a member of etcd";
    for (const auto& [key, instance] : cluster.instances)
        if (instance.node.address == vip.address) owner = entry("instances", key);
    if (!owner.empty())
        problems.add("vip.address", fmt::format("{} is the address of {}", vip.address, owner),
                     "choose an address that no machine has: it moves from member to member");
}

// Where the interface is the one that holds the member's address, the virtual one is of the same network or reaches nobody. Of
// an interface that is named only the node knows its networks.
void check_vip_network(const PgCluster& cluster, const SharedAddress& vip, Problems& problems) {
    if (cluster.vip->interface != item::kAutoInterface) return;
    std::string outside;
    for (const auto& [key, instance] : cluster.instances) {
        const std::string& address = instance.node.address;
        if (has_unknown(address) || !kIpv4Address.holds(address)) continue;
        if (network_of_address(address, vip.prefix) == vip.network) continue;
        outside += (outside.empty() ? "" : ", ") + fmt::format("{} ({})", entry("instances", key), address);
    }
    if (outside.empty()) return;
    problems.add("vip.address",
                 fmt::format("expected an address in the network of the members, found {}/{}, outside of which are {}",
                             vip.address, vip.prefix, outside),
                 "choose an address of their network, with its prefix, or set vip.interface to one that is in the "
                 "network of this address on each member");
}

void check_vip(const PgCluster& cluster, Problems& problems) {
    if (!cluster.vip) return;
    const std::string& interface = cluster.vip->interface;
    if (!has_unknown(interface) && !is_interface_name(interface))
        problems.add("vip.interface", fmt::format("expected auto or the name of an interface, found \"{}\"", interface),
                     "for example eth1; auto takes the one that holds the member's address");
    if (has_unknown(cluster.vip->address)) return;
    const auto vip = parse_shared_address(cluster.vip->address);
    if (!vip)
        return problems.add(
            "vip.address",
            fmt::format("expected an IPv4 address with the prefix of its network, found \"{}\"", cluster.vip->address),
            "for example 10.10.10.2/24");
    if (!is_host_address(*vip))
        return problems.add("vip.address",
                            fmt::format("{} is no address that a machine of {} may have", vip->address, vip->network),
                            "choose a free address of the members' network");
    check_vip_is_nobodys(cluster, *vip, problems);
    check_vip_network(cluster, *vip, problems);
}

void check_listen_entry(const PgCluster& cluster, const std::string& path, const std::string& address,
                        Problems& problems) {
    if (has_unknown(address) || address == kListenOwn || address == kListenLoopback) return;
    if (address == kListenVip) {
        if (!cluster.vip) problems.add(path, "${vip} stands for no address here", "set vip, or leave ${vip} out");
        return;
    }
    if (address.find("${") != std::string::npos)
        return problems.add(path, fmt::format("\"{}\" stands for nothing", address),
                            "it is ${ip}, ${lo} or ${vip}, written with two dollar signs: \"$${ip}\"");
    if (!kIpv4Address.holds(address))
        problems.add(path, fmt::format("expected ${{ip}}, ${{lo}}, ${{vip}} or an IPv4 address, found \"{}\"", address),
                     "0.0.0.0 is all addresses of the machine");
}

void check_listen(const PgCluster& cluster, Problems& problems) {
    if (!cluster.listen) return;
    const std::vector<std::string>& listen = *cluster.listen;
    for (std::size_t i = 0; i < listen.size(); ++i)
        check_listen_entry(cluster, entry("listen", i), listen[i], problems);
    check_unique(problems, "listen", listen);
    // Standbys stream from the leader's own address, and HAProxy asks there.
    const bool may_be_found = std::ranges::any_of(listen, [](const std::string& address) {
        return has_unknown(address) || address == kListenOwn || address == "0.0.0.0";
    });
    if (!may_be_found)
        problems.add("listen", "expected ${ip} among them, found it missing: members stream from each other's address",
                     "add \"$${ip}\"");
    const bool is_all = std::ranges::find(listen, "0.0.0.0") != listen.end();
    if (is_all && listen.size() > 1)
        problems.add("listen", "0.0.0.0 is all addresses of the machine, and stands beside others",
                     "write it alone, or leave it out");
}

// As etcd's permissions and a command line can hold it: "/pg", "/service/prod".
bool is_namespace(const std::string& text) {
    return text.starts_with('/') && !text.ends_with('/') && text.find("//") == std::string::npos &&
           text.size() <= 200 && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                      c == '_' || c == '-' || c == '/';
           });
}

void check_patroni(const PgCluster& cluster, Problems& problems) {
    const std::string& dcs_namespace = cluster.patroni.dcs_namespace;
    if (!has_unknown(dcs_namespace) && !is_namespace(dcs_namespace))
        problems.add("patroni.namespace",
                     fmt::format("expected a path of letters, digits, '.', '_' and '-', found \"{}\"", dcs_namespace),
                     "for example /pg or /service");
    problems.check_choice("patroni.log_level", cluster.patroni.log_level, choices(kLogLevels));
    if (cluster.patroni.watchdog)
        problems.check_choice("patroni.watchdog", *cluster.patroni.watchdog, choices(kWatchdogs));
}

}  // namespace

void check_reach(const PgCluster& cluster, Problems& problems) {
    check_vip(cluster, problems);
    check_listen(cluster, problems);
    check_patroni(cluster, problems);
}

}  // namespace pigsty::module::pgsql
