#include "core/module/etcd/table.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/quote.h"
#include "core/client/etcd.h"
#include "core/converge/members.h"
#include "core/converge/removal.h"
#include "core/converge/table.h"
#include "core/item/own_folder.h"
#include "core/item/own_unit.h"
#include "core/item/owner.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/module/ca/leaf.h"
#include "core/module/etcd/administration.h"
#include "core/module/etcd/repair.h"
#include "core/module/platform/packages.h"
#include "core/render/etcd.h"
#include "core/render/unit.h"

namespace pigsty::module::etcd {
namespace {

using converge::Site;
using converge::StepContext;
using converge::When;
using item::Items;

// A member that restarts must be back in the quorum before the next one does, and none does while the others have no quorum
// without it. One that has no part in any serves nobody: its restart takes nothing away. Of two members each is needed.
item::Handler restart(const EtcdCluster& cluster) {
    item::Handler handler = item::Handler::restart(kUnit, true);
    const std::vector<std::string> endpoints = access_of(cluster, "").endpoints;
    const std::string reads = client::etcd_environment(endpoints) + client::etcd_reads_function();
    const std::string own = shell_quote(render::etcd_endpoint("127.0.0.1", cluster.port));
    handler.health = reads + "reads " + own;
    const std::size_t others = endpoints.size() - 1;
    if (others == 0) return handler;
    const std::size_t needed = std::min(endpoints.size() / 2 + 1, others);
    std::string all;
    for (const std::string& endpoint : endpoints) all += " " + shell_quote(endpoint);
    // Those that this very change started first come up meanwhile.
    handler.guard = reads + "reads " + own + " 2>/dev/null || exit 0\nleft=20\nwhile :; do\n  answering=-1\n" +
                    "  for endpoint in" + all +
                    "; do\n    if reads \"$endpoint\"; then answering=$((answering + 1)); fi\n  done\n" +
                    "  [ \"$answering\" -lt " + std::to_string(needed) +
                    " ] || exit 0\n  left=$((left - 1))\n  [ \"$left\" -gt 0 ] || break\n  sleep 1\ndone\n" +
                    "echo \"not restarted: expected " + std::to_string(needed) + " of the " + std::to_string(others) +
                    " other members of " + cluster.name +
                    " to answer, found $answering: without this one there would be no quorum\"\nexit 1";
    return handler;
}

Items reservations(const EtcdCluster& cluster) {
    return {std::make_shared<item::ReservationItem>("etcd member"),
            std::make_shared<item::OwnUnitItem>(kUnit),
            item::port_reservation(cluster.port),
            item::port_reservation(cluster.peer_port),
            std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{.path = cluster.data_dir}),
            condition_item(cluster)};
}

Items certificates(const EtcdCluster& cluster, const converge::Member& member, const ca::Leaves& leaves) {
    // No restart for a leaf: etcd reads it anew with every handshake. What it trusts, it reads once.
    return {leaves.authority("etcd", {restart(cluster)}),
            leaves.server({.path = render::kEtcdServerCertificate, .key_path = render::kEtcdServerKey, .owner = "etcd"},
                          member, "etcd"),
            leaves.etcd_client({.path = client::kEtcdClientCertificate, .key_path = client::kEtcdClientKey}, member)};
}

Items configuration(const EtcdCluster& cluster, const converge::Member& member) {
    render::EtcdMember etcd{.cluster = cluster.name,
                            .name = member.name,
                            .address = member.address.address,
                            .members = {},
                            .port = cluster.port,
                            .peer_port = cluster.peer_port,
                            .data_dir = cluster.data_dir,
                            .quota_backend_bytes = cluster.quota_backend_bytes.value_or(kDefaultQuotaBackendBytes)};
    for (const converge::Member& each : members_of(cluster)) etcd.members.emplace_back(each.name, each.address.address);
    return {item::Owner("etcd").file(
                {.path = render::kEtcdConf, .content = render::render_etcd_conf(etcd), .handlers = {restart(cluster)}}),
            item::Owner("root").file({.path = render::kEtcdUnit,
                                      .content = render::render_etcd_unit(cluster.data_dir),
                                      .handlers = {item::Handler::daemon_reload(), restart(cluster)}})};
}

// The members of a new cluster start together: none is ready before there is a quorum (behaviour 8).
Items service() {
    return {std::make_shared<item::ServiceItem>(
        item::ServiceSpec{.unit = kUnit, .enabled = true, .running = true, .no_block = true})};
}

}  // namespace

std::vector<converge::Member> members_of(const EtcdCluster& cluster) {
    return converge::members_of(cluster.name, cluster.members);
}

converge::Table table_of(const EtcdCluster& cluster, const node::Connect& connect, const Repairs& repairs) {
    const ca::Leaves leaves(cluster.ca, connect ? std::make_shared<ca::Signer>(cluster.ca, connect) : nullptr,
                            client::kEtcdCaFile);
    const item::Owner owner("etcd");
    converge::TableBuilder table;
    table.items("reservations", reservations(cluster));
    table.items("packages", [](const Site& site) {
        return platform::package_items({platform::Component::etcd}, platform::platform_at(site.node));
    });
    table.items("directories", {owner.folder("/etc/etcd", 0750), owner.folder(cluster.data_dir, 0700)});
    table.items("certificates",
                [cluster, leaves](const Site& site) { return certificates(cluster, site.member, leaves); });
    table.items("configuration", [cluster](const Site& site) { return configuration(cluster, site.member); });
    table.items("start etcd", service());
    // What was started in an update is waited for as well: whoever depends on this cluster goes on when it serves.
    table
        .act("quorum", repairs.any() ? When::always : When::when_changed,
             [cluster, repairs](Site& site, StepContext& context) {
                 return wait_for_quorum(cluster, repairs, site, context);
             })
        .watches({"start etcd"});
    table.act("authentication", repairs.authentication ? When::always : When::create,
              [cluster](Site& site, StepContext& context) { return switch_authentication_on(cluster, site, context); });
    if (!repairs.lost.empty())
        table.act("lost members", When::always, [cluster, repairs](Site&, StepContext& context) {
            return replace_lost_members(cluster, repairs, context);
        });
    if (repairs.space || repairs.corrupt)
        table.act("alarms", When::always, [cluster, repairs](Site& site, StepContext& context) {
            return clear_alarms(cluster, repairs, site, context);
        });
    return table.done();
}

converge::Table removal_of(const EtcdCluster& cluster) {
    converge::TableBuilder table;
    // Only what this member's own etcd made: its folder is removed by name, not whatever stands at data_dir.
    table
        .act("remove data", When::always,
             converge::run(converge::removal_script(
                 {.units = {kUnit}, .paths = {cluster.data_dir + "/member"}, .secrets = secret_scope(cluster.name)})))
        .on_each();
    return table.done();
}

Access access_of(const EtcdCluster& cluster, const std::string& id) {
    Access access{.id = id,
                  .name = cluster.name,
                  .endpoints = {},
                  .ca_fingerprint = cluster.ca.fingerprint,
                  .members = cluster.members};
    for (const auto& [number, address] : cluster.members)
        access.endpoints.push_back(render::etcd_endpoint(address.address, cluster.port));
    return access;
}

}  // namespace pigsty::module::etcd
