#include "provider/data_source/pg_cluster.h"

#include <algorithm>

#include "core/module/pgsql/spec/layout.h"
#include "provider/configuration/fleet.h"
#include "provider/configuration/pg_objects.h"
#include "provider/data_source/find_cluster.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using module::pgsql::MemberOverview;
using module::pgsql::Overview;
using module::pgsql::PgCluster;
using render::Service;

Attributes<MemberOverview> member_attributes() {
    return {
        attribute("name", &MemberOverview::name).computed().description("Its name in Patroni, as `pg-test-2`."),
        attribute("address", &MemberOverview::address).computed().description("Its address."),
        attribute("declared_role", &MemberOverview::declared_role)
            .computed()
            .description("`primary`, `replica` or `offline`, as configured."),
        attribute("role", &MemberOverview::role)
            .computed()
            .description("What it is now: `leader`, `replica`, `sync_standby`, `quorum_standby` or `standby_leader`. "
                         "Null where Patroni does "
                         "not know the member, as all that follows."),
        attribute("state", &MemberOverview::state)
            .computed()
            .description("`running`, `streaming`, `starting`, `stopped` and so on."),
        attribute("sync_state", &MemberOverview::sync_state)
            .computed()
            .description("Of a standby: `sync`, `quorum` or `async`."),
        attribute("timeline", &MemberOverview::timeline)
            .computed()
            .description("Timeline: equal on all members that follow the leader."),
        attribute("lag_bytes", &MemberOverview::lag_bytes)
            .computed()
            .description("How far a standby is behind the leader, in bytes."),
        attribute("pending_restart", &MemberOverview::pending_restart)
            .computed()
            .description("A changed parameter waits for a restart of this member."),
        attribute("serves", &MemberOverview::serves)
            .computed()
            .description(
                "It leads and takes connections, or the leader streams to it right now: asked of the leader, not "
                "of the member."),
    };
}

Attributes<Service> service_attributes() {
    return {
        attribute("port", &Service::port).computed().description("Port on every member."),
        attribute("ip", &Service::ip).computed().description("Address it listens on."),
        attribute("selector", &Service::selector).computed().description("JMESPath over the members: who serves."),
        attribute("dest", &Service::dest).computed().description("`default`, `postgres`, `pgbouncer` or a port."),
        attribute("check", &Service::check).computed().description("Patroni's health endpoint that must say 200."),
        attribute("backup", &Service::backup)
            .computed()
            .description("JMESPath: members that serve only when no other can."),
    };
}

Attributes<PgClusterView> view_attributes() {
    return {
        cluster_to_find(&PgClusterView::name, &PgClusterView::nodes, &PgClusterView::id, "\"pg-test\""),
        attribute("version", &PgClusterView::version).computed().description("PostgreSQL's major version."),
        attribute("version_actual", &PgClusterView::version_actual)
            .computed()
            .description("The leader's version, as `17.6`; null where there is no leader."),
        attribute("system_identifier", &PgClusterView::system_identifier)
            .computed()
            .description("PostgreSQL's own name for this cluster's data; null where there is no leader."),
        attribute("template", &PgClusterView::template_name).computed().description("What its settings are tuned for."),
        object("sizing", &PgClusterView::sizing, sizing_attributes())
            .computed()
            .description("What its template was computed from."),
        attribute("port", &PgClusterView::port).computed().description("PostgreSQL's port."),
        attribute("leader", &PgClusterView::leader)
            .computed()
            .description("Name of the member that leads now; null where there is none."),
        attribute("paused", &PgClusterView::paused)
            .computed()
            .description("Patroni is in maintenance mode: no failover."),
        attribute("pending_restart", &PgClusterView::pending_restart)
            .computed()
            .description("Some member waits for a restart."),
        nested("members", &PgClusterView::members, member_attributes())
            .computed()
            .description("The members by number."),
        attribute("settings", &PgClusterView::settings)
            .computed()
            .description("PostgreSQL's effective settings on the leader that are not its own defaults, as `SHOW` "
                         "writes them; null where there "
                         "is no leader. `primary_conninfo`, which may hold a password, is left out."),
        nested("services", &PgClusterView::services, service_attributes())
            .computed()
            .description("Services of HAProxy by name, the default ones among them."),
        object("endpoints", &PgClusterView::endpoints, pg_endpoint_attributes())
            .computed()
            .description("Where clients connect, by service."),
        object("failover", &PgClusterView::failover, pg_failover_attributes())
            .computed()
            .description("How quickly a dead leader is replaced, and how commits wait for standbys, as configured."),
        object("connection", &PgClusterView::connection, pg_connection_attributes())
            .computed()
            .description("What `pigsty_pg_user` and `pigsty_pg_database` take as `cluster`."),
    };
}

}  // namespace

PgClusterView view_of(const PgCluster& cluster, const std::string& id, const Overview& seen) {
    PgClusterView view;
    view.name = cluster.name;
    view.id = id;
    view.version = cluster.version.value_or(0);
    view.template_name = cluster.template_name;
    view.sizing = cluster.sizing;
    view.port = cluster.port;
    view.leader = seen.leader;
    view.paused = seen.paused;
    view.members = seen.members;
    view.pending_restart =
        std::ranges::any_of(seen.members, [](const auto& entry) { return entry.second.pending_restart; });
    if (!seen.incomplete) {
        view.version_actual = seen.version_actual;
        view.system_identifier = seen.system_identifier;
        view.settings = seen.settings;
    }
    view.services = module::pgsql::services_of(cluster);
    view.endpoints = module::pgsql::endpoints_of(cluster);
    view.failover = module::pgsql::failover_of(cluster);
    view.connection = module::pgsql::connection_of(cluster, id);
    return view;
}

framework::Declaration<PgClusterView> PgClusterDataSource::declare() const {
    return {.description =
                "What a PostgreSQL cluster is and does right now: members, leader, lag, settings, services. It is "
                "found by its name "
                "on its own machines, so that an application's configuration needs nobody else's state: `connection` "
                "is what "
                "`pigsty_pg_user` and `pigsty_pg_database` take.",
            .subcategory = "PostgreSQL",
            .attributes = view_attributes()};
}

Result<PgClusterView> PgClusterDataSource::read(const PgClusterView& config, framework::Call& call) const {
    const Fleet& fleet = *call.provider<Fleet>();
    const Wanted wanted{.kind = module::pgsql::kKind, .what = "PostgreSQL cluster", .name = config.name};
    TRY(const auto found, find_cluster<PgCluster>(wanted, config.nodes, fleet, call.cancel));
    std::vector<node::NodeAddress> machines;
    for (const auto& [number, instance] : found.spec.instances) machines.push_back(instance.node);
    reach_all(machines, fleet, call.cancel);
    const auto connection = module::pgsql::connection_of(found.spec, found.id);
    TRY(const auto session, fleet.sessions->of(connection, call.cancel));
    TRY(const Overview seen, module::pgsql::overview_of(*session, call.cancel));
    if (seen.incomplete) {
        call.diagnostics.add_warning(
            config.name + ": its leader was not asked",
            summary(*seen.incomplete) + ". `settings`, `version_actual` and `system_identifier` are null.");
    }
    PgClusterView view = view_of(found.spec, found.id, seen);
    view.nodes = config.nodes;
    return view;
}

}  // namespace pigsty::provider
