#include "core/module/pgsql/cluster/vip.h"

#include <algorithm>
#include <utility>

#include "core/item/owner.h"
#include "core/item/service.h"
#include "core/item/shell_parts.h"
#include "core/item/sysctl.h"
#include "core/item/virtual_address.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/pgsql/spec/reach.h"
#include "core/render/vip.h"

namespace pigsty::module::pgsql {
namespace {

render::VipMember vip_member(const PgCluster& cluster, const converge::Member& member) {
    return {.address = vip_host(cluster),
            .interface = cluster.vip->interface,
            .member = member.name,
            .member_address = member.address.address,
            .leader_key = dcs_prefix(cluster) + "leader",
            .etcd_user = cluster.name,
            .etcd_endpoints = cluster.dcs.endpoints,
            .rest_port = cluster.patroni.port,
            .rest_ssl = rest_ssl(cluster)};
}

item::Handler restart_vip() { return item::Handler::restart(render::kVipUnit); }

std::string sentence_head(const PgCluster& cluster, const std::string& subject) {
    return subject + " vip " + vip_host(cluster) + ": ";
}

// What the run has seen already, or what is there now.
enum class Sight { remembered, now };

Result<VipSeen> look_at_vip(const PgCluster& cluster, const Members& members, Sight sight, const Cancel& cancel) {
    VipSeen seen;
    const std::string address = vip_host(cluster);
    const node::Probe probe = item::VirtualAddressItem::probe(address);
    for (const Reached& member : members.all()) {
        const auto observed =
            sight == Sight::now ? member.node->observe_now({probe}, cancel) : member.node->observe({probe}, cancel);
        TRY_VOID(cancel.check("looking for " + address));
        if (!observed) continue;
        seen.reached.insert(member.name);
        if (!item::VirtualAddressItem::places(*observed, address).empty()) seen.holders.insert(member.name);
    }
    TRY(const client::PatroniCluster patroni, members.cluster(cancel));
    if (const auto* leader = patroni.leader()) seen.leader = leader->name;
    return seen;
}

// A switchover moves it in a moment; the guard needs two looks, and a vip-manager that it wakes another few seconds.
constexpr std::chrono::seconds kSettles{15};

}  // namespace

item::Items vip_drop_in(const PgCluster& cluster, const converge::Member& member) {
    if (!cluster.vip) return {};
    const std::string_view path = render::kVipDropIn;
    return {std::make_shared<item::DirectoryItem>(
                item::DirectorySpec{.path = std::string(path.substr(0, path.rfind('/')))}),
            item::Owner("root").file({.path = render::kVipDropIn,
                                      .content = render::render_vip_drop_in(vip_member(cluster, member)),
                                      .handlers = {item::Handler::daemon_reload(), restart_vip()}})};
}

item::Items vip_files(const PgCluster& cluster, const converge::Member& member) {
    if (!cluster.vip) return {};
    const item::Owner root("root");
    const render::VipMember vip = vip_member(cluster, member);
    const item::Handler restart_guard = item::Handler::restart(render::kVipGuard);
    return {std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = render::kVipProgramFolder}),
            root.file({.path = render::kVipProgram,
                       .content = render::vip_program(),
                       .check = "perl -c -- \"$FILE\"",
                       .handlers = {restart_guard}}),
            root.file({.path = render::kVipConfiguration,
                       .content = render::render_vip_configuration(vip),
                       .mode = 0600,
                       .secret_scope = secret_scope(cluster),
                       .handlers = {restart_vip()}}),
            root.file({.path = render::kVipGuardUnit,
                       .content = render::render_vip_guard_unit(vip),
                       .handlers = {item::Handler::daemon_reload(), restart_guard}})};
}

item::Items vip_services(const PgCluster& cluster) {
    if (!cluster.vip) return {};
    item::Items items;
    for (const char* unit : {render::kVipGuard, render::kVipUnit})
        items.push_back(
            std::make_shared<item::ServiceItem>(item::ServiceSpec{.unit = unit, .enabled = true, .running = true}));
    return items;
}

item::Items nonlocal_bind(const PgCluster& cluster) {
    if (!listens_on_vip(cluster)) return {};
    return {std::make_shared<item::SysctlItem>(
        item::SysctlSpec{.name = "pg-" + cluster.name, .values = {{"net.ipv4.ip_nonlocal_bind", "1"}}})};
}

std::vector<std::string> vip_sentences(const PgCluster& cluster, const VipSeen& seen) {
    std::vector<std::string> sentences;
    for (const auto& [number, instance] : cluster.instances) {
        const std::string name = member_name(cluster, number);
        if (seen.holders.contains(name) && name != seen.leader)
            sentences.push_back(sentence_head(cluster, name) + "is on a member that does not lead");
    }
    if (seen.leader && seen.reached.contains(*seen.leader) && !seen.holders.contains(*seen.leader))
        sentences.push_back(sentence_head(cluster, cluster.name) + "the leader does not hold it");
    return sentences;
}

Result<std::vector<std::string>> vip_drift(const PgCluster& cluster, const Members& members,
                                           const std::set<std::string>& conclusive, const Cancel& cancel) {
    if (!vip_of(cluster)) return std::vector<std::string>();
    const Cancel patience = cancel.within_at_most(kSettles);
    Sight sight = Sight::remembered;
    while (true) {
        TRY(const VipSeen seen, look_at_vip(cluster, members, std::exchange(sight, Sight::now), cancel));
        std::vector<std::string> sentences = vip_sentences(cluster, seen);
        if (std::ranges::all_of(sentences, [&](const std::string& each) { return conclusive.contains(each); }) ||
            !patience.pause(std::chrono::milliseconds(500)))
            return sentences;
    }
}

bool repairs_vip(const PgCluster& cluster, const std::vector<std::string>& drift) {
    if (!cluster.vip) return false;
    const std::string mark = " vip " + vip_host(cluster) + ": ";
    return std::ranges::any_of(drift,
                               [&](const std::string& sentence) { return sentence.find(mark) != std::string::npos; });
}

Status repair_vip(const PgCluster& cluster, const Members& members, converge::Site& site,
                  converge::StepContext& context) {
    if (!vip_of(cluster)) return {};
    TRY(const VipSeen seen, look_at_vip(cluster, members, Sight::now, context.cancel()));
    const std::string script = item::unit_failed_function() + "systemctl restart -- " + render::kVipUnit +
                               " || { unit_failed " + render::kVipUnit + "; exit 1; }\n";
    for (const Reached& member : members.all()) {
        const bool holds = seen.holders.contains(member.name);
        if (holds == (member.name == seen.leader)) continue;
        TRY_VOID(context.begin_changes());
        TRY_VOID(member.node->request({node::RunScript{.text = script}}, context.cancel()));
        context.changed_something(site);
    }
    return {};
}

Status wait_for_vip(const PgCluster& cluster, const Members& members, converge::Site& site,
                    converge::StepContext& context) {
    if (!vip_of(cluster)) return {};
    return context.wait_for(
        {.fact = "the leader of " + cluster.name + " has " + vip_host(cluster) + ", and nobody else",
         .node = site.node,
         .unit = render::kVipUnit,
         .stall_timeout = std::chrono::seconds(60),
         .interval = std::chrono::milliseconds(300)},
        [&]() -> Result<converge::Look> {
            TRY(const VipSeen seen, look_at_vip(cluster, members, Sight::now, context.cancel()));
            const auto sentences = vip_sentences(cluster, seen);
            std::string held;
            for (const std::string& name : seen.holders) held += (held.empty() ? "" : ", ") + name;
            return converge::Look{.reached = seen.leader && sentences.empty(),
                                  .moved = "held by " + (held.empty() ? "nobody" : held)};
        });
}

}  // namespace pigsty::module::pgsql
