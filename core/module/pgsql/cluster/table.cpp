#include "core/module/pgsql/cluster/table.h"

#include <utility>

#include "core/converge/shared_secrets.h"
#include "core/converge/table.h"
#include "core/item/service.h"
#include "core/module/pgsql/backup/items.h"
#include "core/module/pgsql/backup/keys.h"
#include "core/module/pgsql/cluster/acts.h"
#include "core/module/pgsql/cluster/dbsu.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/cluster/items.h"
#include "core/module/pgsql/cluster/setting_trial.h"
#include "core/module/pgsql/cluster/vip.h"
#include "core/module/pgsql/cluster/watchdog.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/pgsql/spec/reach.h"

namespace pigsty::module::pgsql {
namespace {

using converge::Site;
using converge::StepContext;
using converge::When;
using platform::platform_at;

bool is_primary(const PgCluster& cluster, const Site& site) {
    return cluster.instances.at(site.member.number).role == "primary";
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
    table.act("secrets", When::create,
              [scope = secret_scope(cluster), in_shard = cluster.citus.has_value()](Site&, StepContext& context) {
                  // Of a group's REST interface: see dbsu.h.
                  std::vector<std::string> names{kEtcdSecret, kReplicationSecret};
                  if (!in_shard) names.emplace_back(kRestSecret);
                  return converge::ensure_secrets(context, scope, names);
              });
    if (dbsu_generation(cluster) && changes.dbsu_password)
        table.act("dbsu password", changes.creating ? When::create : When::always, with(keep_dbsu));
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
    if (changes.dbsu_password && !cluster.standby && (dbsu_generation(cluster) || changes.before))
        table.act("dbsu password in sql", When::always, with(set_dbsu));
    if (proves_backups && !changes.creating) table.act("backup stanzas", When::always, with(make_stanzas));
    if (cluster.backup && changes.backups.anew && !changes.creating)
        table.act("gap in the archive", When::always, with(note_gap)).on_each();
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
    if (cluster.citus && (changes.creating || changes.shard))
        table.act("shard", changes.shard ? When::always : When::create, with(join_its_shard));
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
