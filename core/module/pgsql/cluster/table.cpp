#include "core/module/pgsql/cluster/table.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/quote.h"
#include "core/converge/shared_secrets.h"
#include "core/converge/table.h"
#include "core/item/path_state.h"
#include "core/item/service.h"
#include "core/module/etcd/administration.h"
#include "core/module/haproxy/shared.h"
#include "core/module/pgsql/backup/items.h"
#include "core/module/pgsql/backup/keys.h"
#include "core/module/pgsql/backup/restore.h"
#include "core/module/pgsql/backup/steps.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/cluster/items.h"
#include "core/module/pgsql/cluster/restart.h"
#include "core/module/pgsql/cluster/services.h"
#include "core/module/pgsql/cluster/serving.h"
#include "core/module/pgsql/cluster/setting_trial.h"
#include "core/module/pgsql/cluster/standby_steps.h"
#include "core/module/pgsql/cluster/stream_gate.h"
#include "core/module/pgsql/cluster/upstream.h"
#include "core/module/pgsql/cluster/vip.h"
#include "core/module/pgsql/cluster/watchdog.h"
#include "core/module/pgsql/object/default_objects.h"
#include "core/module/pgsql/object/default_pool.h"
#include "core/module/pgsql/pool/list_scripts.h"
#include "core/module/pgsql/pool/lists.h"
#include "core/module/pgsql/session/dcs_login.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/pgsql/spec/reach.h"
#include "core/node/secrets.h"

namespace pigsty::module::pgsql {
namespace {

using converge::Site;
using converge::StepContext;
using converge::When;
using platform::platform_at;

constexpr const char* kReset = "ALTER SYSTEM RESET";

// What the steps of a table are made from: it outlives the caller's specification.
struct Making {
    PgCluster cluster;
    std::optional<Ways> ways;
    ClusterChanges changes;
    std::shared_ptr<ca::Signer> signer;
    // What a resumed create has put right in the dynamic configuration.
    std::shared_ptr<nlohmann::json> corrected = std::make_shared<nlohmann::json>(nlohmann::json::object());

    [[nodiscard]] Result<Members> members(StepContext& context) const {
        TRY(const std::string ca_pem, signer->certificate_pem(context.cancel()));
        return Members(cluster, reached(context.sites()), ca_pem);
    }
    [[nodiscard]] auto session(StepContext& context) const {
        return ways->sessions->of(cluster, connection_of(cluster, context.identity().id),
                                  known_identifier(context.sites()));
    }
};

bool is_primary(const PgCluster& cluster, const Site& site) {
    return cluster.instances.at(site.member.number).role == "primary";
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
    TRY_VOID(etcd.ensure_user(cluster.name, secrets.at(kEtcdSecret).value, dcs_prefix(cluster), context.cancel()));
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

// Lines, a slot and a login there, before anything here follows.
Status join_the_upstream(const Making& making, Site& site, StepContext& context) {
    return join_upstream(making.cluster, *making.ways, site, context);
}

Status refuse_a_promoted_one(const Making& making, Site&, StepContext& context) {
    TRY(const Members members, making.members(context));
    return refuse_promoted(making.cluster, members, context.cancel());
}

Status stream_from_upstream(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    const bool streams = making.changes.creating || !making.cluster.standby->delay;
    return wait_for_upstream(making.cluster, members, streams, site, context);
}

Status promote_the_standby(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    return promote(*making.changes.before, members, *making.ways, site, context);
}

Status leave_the_upstream(const Making& making, Site&, StepContext& context) {
    return leave_upstream(*making.changes.before, *making.ways, context);
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

Status keep_keys(const Making& making, Site&, StepContext& context) {
    return keep_backup_keys(making.cluster, making.ways->connect, making.changes.backups.renew_key, context);
}

// Before Patroni starts for the first time, and before etcd hears of the cluster.
Status restore(const Making& making, Site& site, StepContext& context) {
    const std::string bin_dir = platform_at(site.node).bin_dir(making.cluster.version.value_or(0));
    return restore_cluster(making.cluster, bin_dir, making.ways->connect, site, context);
}

Status make_first_stanza(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    return ensure_stanzas(making.cluster, members, Stanzas::of_leader, site, context);
}

Status make_stanzas(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    return ensure_stanzas(making.cluster, members, Stanzas::of_all, site, context);
}

Status prove_that_backups_work(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    return prove_backups(making.cluster, members, making.changes.backups.anew, site, context);
}

item::Items patroni_service() {
    return {std::make_shared<item::ServiceItem>(
        item::ServiceSpec{.unit = kPatroniService, .enabled = true, .running = true})};
}

}  // namespace

converge::Table table_of(const PgCluster& cluster, const Ways* ways, const ClusterChanges& changes) {
    const auto making = std::make_shared<const Making>(
        Making{.cluster = cluster,
               .ways = ways == nullptr ? std::nullopt : std::optional(*ways),
               .changes = changes,
               .signer = ways == nullptr ? nullptr : std::make_shared<ca::Signer>(cluster.ca, ways->connect)});
    const auto with = [&](Status (*act)(const Making&, Site&, StepContext&)) {
        return [making, act](Site& site, StepContext& context) { return act(*making, site, context); };
    };
    const auto of_cluster = [&](Status (*act)(const PgCluster&, Site&, StepContext&)) {
        return [making, act](Site& site, StepContext& context) { return act(making->cluster, site, context); };
    };
    converge::TableBuilder table;

    // Before anything is written that a server could take and then not start with.
    const auto trial = [&](When when) { table.act("trial of settings", when, of_cluster(try_settings)).on_each(); };
    // Libraries that come with packages of this change are there once these are: a package alone changes no server.
    const bool brings_libraries = !cluster.extension_packages.empty();
    if (!changes.creating && changes.settings && !brings_libraries) trial(When::always);
    if (is_other_vip(cluster, changes.before.get()))
        table.act("place of the vip", When::always, of_cluster(check_vip_place)).on_each();
    if (!changes.creating && watchdog_of(cluster) == "required")
        table.act("watchdog device", When::always, of_cluster(check_watchdog)).on_each();
    // First of all: it stops where somebody set another value since the plan, and then nothing is written. Restarts, where
    // they are wanted, come with the dynamic configuration.
    if (!changes.resets.empty()) table.act(kReset, When::always, with(take_resets_back)).on_each();
    if (cluster.standby && !changes.creating && changes.configuration)
        table.act("still a standby cluster", When::always, with(refuse_a_promoted_one));

    table.items("reservations", [making](const Site& site) {
        return reservation_items(making->cluster, site.member, platform_at(site.node));
    });
    table.items("no cluster main", before_package_items());
    // The package enables its unit: with this it does not start before it is told whom to follow.
    if (cluster.vip)
        table.items("vip drop-in", [making](const Site& site) { return vip_drop_in(making->cluster, site.member); });
    table.items("packages",
                [making](const Site& site) { return package_items(making->cluster, platform_at(site.node)); });
    if (changes.creating && has_own_settings(cluster)) trial(When::create);
    if (!changes.creating && changes.settings && brings_libraries) trial(When::always);
    table.items("directories", directory_items(cluster));
    const bool joins_upstream = cluster.standby && (changes.creating || changes.upstream);
    if (joins_upstream) table.act("upstream", changes.creating ? When::create : When::always, with(join_the_upstream));
    table.act("secrets", When::create, [scope = secret_scope(cluster)](Site&, StepContext& context) {
        return converge::ensure_secrets(context, scope, {kEtcdSecret, kReplicationSecret, kRestSecret});
    });
    const bool has_keys = cluster.backup && has_backup_keys(*cluster.backup);
    if (has_keys) {
        table.act("backup keys", When::always, with(keep_keys));
        table
            .act("backup configuration", When::when_changed,
                 [](Site& site, StepContext& context) { return forget_configuration(site, context); })
            .watches({"backup keys"})
            .on_each();
    }
    table.items("certificates",
                [making](const Site& site) { return certificate_items(making->cluster, site.member, making->signer); });
    if (watchdog_of(cluster) != "off") table.act("watchdog", When::always, of_cluster(give_watchdog)).on_each();
    if (listens_on_vip(cluster)) table.items("kernel settings", nonlocal_bind(cluster));
    if (cluster.standby) table.items("kernel settings of a standby cluster", quick_connects(cluster));
    table.items("patroni", [making](const Site& site) {
        return patroni_items(making->cluster, site.member, platform_at(site.node));
    });
    table.items("pgbouncer", [making](const Site& site) {
        return pgbouncer_items(making->cluster, site.member, platform_at(site.node));
    });
    table.items("haproxy", haproxy_items(cluster));
    if (cluster.vip)
        table.items("vip files", [making](const Site& site) { return vip_files(making->cluster, site.member); });
    const bool proves_backups = cluster.backup && (changes.creating || changes.backups.prove);
    if (cluster.backup || cluster.restore_from)
        table.items("backup", [making](const Site& site) { return backup_items(making->cluster, site.member); });
    if (cluster.restore_from && changes.creating)
        table.act("restore", When::create, with(restore)).where([making](const Site& site) {
            return is_primary(making->cluster, site);
        });
    table.act("etcd user", changes.dcs_login ? When::always : When::create, with(make_dcs_user));

    // The first leader comes up where the specification says `primary`; in a living cluster roles only say who may start.
    table.items("leader", patroni_service())
        .where([making](const Site& site) { return is_primary(making->cluster, site); })
        .then(When::create, with(wait_for_first_leader));
    // The first WAL that is full finds its place.
    if (proves_backups && changes.creating) table.act("backup stanza", When::create, with(make_first_stanza));
    // They copy the leader while it gets its objects: "streaming" waits for them.
    table.items("replicas", patroni_service()).where([making](const Site& site) {
        return !is_primary(making->cluster, site);
    });

    if (changes.awaits_leader) table.act("leader again", When::always, with(wait_for_leader));
    if (changes.promotes) {
        table.act("promotion", When::always, with(promote_the_standby));
        table.act("leaving the upstream", When::always, with(leave_the_upstream));
    }
    // In a standby cluster they come from where it streams from.
    if (changes.default_objects && !cluster.standby)
        table.act("default objects", When::always, with(make_default_objects));
    if (proves_backups && !changes.creating) table.act("backup stanzas", When::always, with(make_stanzas));
    if (changes.configuration && !changes.creating)
        table.act("dynamic configuration", When::always, with(write_configuration));
    if (joins_upstream || (cluster.standby && changes.configuration))
        table.act("streaming from the upstream", changes.creating ? When::create : When::always,
                  with(stream_from_upstream));
    if (cluster.pgbouncer.enabled)
        table.act("pgbouncer lists", When::when_changed, with(assemble_lists)).watches({"pgbouncer"}).on_each();
    if (cluster.pgbouncer.enabled && !cluster.standby)
        table
            .act("default roles in the pool", changes.default_objects ? When::always : When::when_changed,
                 with(pool_default_roles))
            .watches({"pgbouncer"})
            .on_each();
    table.act("streaming", changes.awaits_streaming ? When::always : When::when_changed, with(await_stream))
        .on_each()
        .watches({"leader", "replicas"})
        // In a living cluster any member may lead.
        .where([making](const Site& site) { return !making->changes.creating || !is_primary(making->cluster, site); });
    table.act("settings", When::create, with(settle));
    if (cluster.vip) {
        table.items("vip", vip_services(cluster));
        table.act("vip on the leader", changes.vip_astray ? When::always : When::when_changed, with(bring_vip_home))
            .watches({"vip drop-in", "vip files", "vip"});
    }
    table.items("access", access_items(cluster));
    table.act("services", changes.promotes ? When::always : When::create, with(wait_for_services)).on_each();
    if (proves_backups) {
        if (changes.creating) table.act("backup stanzas", When::create, with(make_stanzas));
        table.act("backups", When::always, with(prove_that_backups_work));
    }
    return table.done();
}

}  // namespace pigsty::module::pgsql
