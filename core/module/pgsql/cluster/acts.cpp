#include "core/module/pgsql/cluster/acts.h"

#include "core/client/etcd.h"
#include "core/item/path_state.h"
#include "core/module/etcd/administration.h"
#include "core/module/haproxy/shared.h"
#include "core/module/pgsql/cluster/dbsu.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/cluster/restart.h"
#include "core/module/pgsql/cluster/services.h"
#include "core/module/pgsql/cluster/serving.h"
#include "core/module/pgsql/cluster/shard.h"
#include "core/module/pgsql/cluster/stream_gate.h"
#include "core/module/pgsql/cluster/vip.h"
#include "core/module/pgsql/object/default_objects.h"
#include "core/module/pgsql/object/default_pool.h"
#include "core/module/pgsql/pool/list_scripts.h"
#include "core/module/pgsql/pool/lists.h"
#include "core/module/pgsql/session/dcs_login.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/secrets.h"

namespace pigsty::module::pgsql {

using converge::Site;
using converge::StepContext;

Result<Members> Making::members(StepContext& context) const {
    TRY(const std::string ca_pem, signer->certificate_pem(context.cancel()));
    return Members(cluster, reached(context.sites()), ca_pem);
}

std::shared_ptr<ClusterSession> Making::session(StepContext& context) const {
    return ways->sessions->of(cluster, connection_of(cluster, context.identity().id),
                              known_identifier(context.sites()));
}

Status take_resets_back(const Making& making, Site& site, StepContext& context) {
    return reset_auto_conf(making.cluster, making.changes.resets, site, context);
}

// The user in etcd, and the dynamic configuration before the first start: the first server starts with it.
Status make_dcs_user(const Making& making, Site& site, StepContext& context) {
    const PgCluster& cluster = making.cluster;
    TRY(const auto secrets, node::read_secrets(*site.node, secret_scope(cluster), {kEtcdSecret}, context.cancel()));
    TRY_VOID(context.begin_changes());
    TRY(const client::Etcd etcd, etcd::administrator(cluster.dcs, making.ways->connect, context.cancel()));
    // A group looks at the others': the coordinator at all, a worker at the coordinator.
    const std::string readable = cluster.citus ? dcs_scope_prefix(cluster) : "";
    TRY_VOID(
        etcd.ensure_user(cluster.name, secrets.at(kEtcdSecret).value, dcs_prefix(cluster), readable, context.cancel()));
    TRY(const render::Yaml wanted, wanted_configuration(cluster));
    const std::string key = dcs_prefix(cluster) + "config";
    TRY(const bool is_new, etcd.put_new(key, wanted.dump(), context.cancel()));
    if (is_new || !context.creating()) return {};
    // Of a create that did not finish: nobody else has a word in it yet.
    TRY(const std::string found, etcd.value(key, context.cancel()));
    const auto live = render::Yaml::parse(found, nullptr, false);
    const auto before = live.is_object() ? live : render::Yaml::object();
    *making.corrected =
        configuration_patch(wanted, nlohmann::json::parse(before.dump()), before, Settings(cluster.version));
    if (making.corrected->empty()) return {};
    TRY_VOID(etcd.put(key, wanted.dump(), context.cancel()));
    context.changed_something(site);
    return {};
}

Status keep_dbsu(const Making& making, Site&, StepContext& context) {
    return keep_dbsu_password(making.cluster, context);
}

Status set_dbsu(const Making& making, Site& site, StepContext& context) {
    return set_dbsu_password(making.cluster, making.changes.before.get(), *making.session(context), site, context);
}

Status join_its_shard(const Making& making, Site& site, StepContext& context) {
    return join_shard(making.cluster, *making.ways, *making.session(context), making.changes.shard, site, context);
}

Status wait_for_first_leader(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    TRY_VOID(context.wait_for(
        {.fact = making.cluster.name + " has a leader",
         .node = site.node,
         .unit = kPatroniService,
         .logs = patroni_logs()},
        [&]() -> Result<converge::Look> {
            TRY(const auto status, members.patroni({site.member.name, site.node}).status(context.cancel()));
            // Any leader will do, for this may be resumed after a failover. A server that just ended its bootstrap calls
            // itself primary before it holds the lock: the cluster's word counts.
            // And one that takes over what was restored holds the lock before it has promoted itself.
            const auto leader = members.leader(context.cancel());
            bool led = status.state == "running" && leader.has_value();
            if (led && making.cluster.restore_from) {
                TRY(const auto of_leader, members.patroni(*leader).status(context.cancel()));
                led = of_leader.state == "running" && of_leader.leads();
            }
            if (led && site.claim) site.claim->facts["system_identifier"] = status.system_identifier;
            return converge::Look{.reached = led, .moved = status.state + status.system_identifier};
        }));
    context.changed_something(site);
    return {};
}

// Where nobody led when the plan was made: until one does, which takes writes.
Status wait_for_leader(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    auto waited = context.wait_for({.fact = making.cluster.name + " has a leader",
                                    .node = site.node,
                                    .unit = kPatroniService,
                                    .logs = patroni_logs()},
                                   [&]() -> Result<converge::Look> {
                                       TRY(const Reached leader, members.leader(context.cancel()));
                                       TRY(const auto status, members.patroni(leader).status(context.cancel()));
                                       return converge::Look{.reached = status.state == "running" && status.leads(),
                                                             .moved = leader.name + " " + status.state};
                                   });
    if (waited) return {};
    return fail(with_dcs_cause(std::move(waited).error(), making.cluster, *site.node, context.cancel()));
}

Status make_default_objects(const Making& making, Site& site, StepContext& context) {
    return making.session(context)->change(
        [&](ClusterSession::Work& work) -> Status {
            TRY_VOID(context.begin_changes());
            TRY(const bool changed, ensure_default_objects(making.cluster, making.changes.before.get(), work));
            if (changed) context.changed_something(site);
            return {};
        },
        context.cancel());
}

Status pool_default_roles(const Making& making, Site& site, StepContext& context) {
    const auto session = making.session(context);
    Fragments wanted;
    TRY_VOID(session->look(
        [&](ClusterSession::Work& work) -> Status {
            TRY(const Catalog* const catalog, work.catalog());
            TRY(wanted, default_fragments(making.cluster, making.changes.before.get(), *catalog));
            return {};
        },
        context.cancel()));
    TRY_VOID(context.begin_changes());
    TRY(const bool changed, put_member_fragments(*session, {site.member.name, site.node}, wanted, context.cancel()));
    if (changed) context.changed_something(site);
    return {};
}

Status write_configuration(const Making& making, Site& site, StepContext& context) {
    const ClusterChanges& changes = making.changes;
    TRY(const Members members, making.members(context));
    const bool resets =
        any_needs_restart(changes.resets, Settings(making.cluster.version, changes.extension_settings)) &&
        context.changed(kReset);
    return apply_configuration(making.cluster,
                               {.before = changes.before.get(),
                                .may_wait_for_restart = changes.waits_for_restart || resets,
                                .of_members = changes.of_members,
                                .extension_settings = changes.extension_settings},
                               members, site, context);
}

// pgbouncer.ini includes them, so a pgbouncer enabled later does not start without them either.
Status assemble_lists(const Making&, Site& site, StepContext& context) {
    TRY_VOID(context.request(site, {node::RunScript{.text = assemble_lists_script()}}));
    return {};
}

Status await_stream(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    return wait_for_stream(making.cluster, *making.session(context), members, site, context);
}

Status settle(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    return settle_configuration(making.cluster, *making.corrected, members, site, context);
}

// An HAProxy that ran before the cluster did found nobody there, and looks again a few seconds later: an apply ends when what
// it made serves.
Status wait_for_services(const Making& making, Site& site, StepContext& context) {
    const std::vector<std::string> proxies = leader_proxies(making.cluster);
    if (proxies.empty()) return {};
    const std::string script = haproxy::unserved_script(proxies);
    return context.wait_for(
        {.fact = "HAProxy of " + site.member.name + " finds the leader for " + item::join(proxies),
         .node = site.node,
         .unit = haproxy::kUnit},
        [&]() -> Result<converge::Look> {
            TRY(const auto results,
                site.node->request({node::RunScript{.text = script, .writes = false}}, context.cancel()));
            const std::string unserved = results.back().out;
            return converge::Look{.reached = unserved.empty(), .moved = unserved};
        });
}

// The leader has the address, and nobody else: what somebody brought astray comes right when vip-manager starts anew.
Status bring_vip_home(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    if (making.changes.vip_astray) TRY_VOID(repair_vip(making.cluster, members, site, context));
    return wait_for_vip(making.cluster, members, site, context);
}

}  // namespace pigsty::module::pgsql
