#include "provider/data_source/pg_cluster.h"

#include <algorithm>

#include "core/converge/parallel.h"
#include "core/module/pgsql/table.h"
#include "provider/configuration/attributes.h"
#include "provider/configuration/fleet.h"
#include "provider/configuration/pg_objects.h"
#include "provider/framework/validators.h"

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
        attribute("name", &PgClusterView::name)
            .required()
            .validate(framework::not_empty())
            .example("\"pg-test\"")
            .description("Name of the cluster."),
        nested("nodes", &PgClusterView::nodes, node_address_attributes())
            .required()
            .validate(framework::not_empty())
            .example("[{ address = \"10.10.10.11\" }]")
            .description("Machines of the cluster to ask: the first that answers tells who the members are. One is "
                         "enough; with more of "
                         "them, one may be down."),
        attribute("id", &PgClusterView::id).computed().description("The resource's `id`."),
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
        object("connection", &PgClusterView::connection, pg_connection_attributes())
            .computed()
            .description("What `pigsty_pg_user` and `pigsty_pg_database` take as `cluster`."),
    };
}

struct Found {
    node::Claim claim;
    PgCluster cluster;
};

// Machines that do not answer are passed over while another one does.
Result<Found> find_cluster(const PgClusterView& config, const Fleet& fleet, const Cancel& cancel) {
    std::optional<Error> first;
    for (const node::NodeAddress& address : config.nodes) {
        auto found = [&]() -> Result<Found> {
            TRY(const node::NodePtr node, fleet.connect(address, cancel));
            TRY(node::Claim claim, cluster_claim(*node, config.name));
            TRY(PgCluster cluster, module::pgsql::pg_cluster_from_json(claim.spec));
            return Found{std::move(claim), std::move(cluster)};
        }();
        if (found) return found;
        if (!first) first = found.error();
        TRY_VOID(cancel.check("looking for " + config.name));
    }
    return fail(std::move(*first));
}

// Side by side, so that what follows finds everybody connected; who does not answer shows in what is seen.
void reach_all(const PgCluster& cluster, const Fleet& fleet, const Cancel& cancel) {
    std::vector<node::NodeAddress> addresses;
    for (const auto& [number, instance] : cluster.instances) addresses.push_back(instance.node);
    (void)converge::for_all(addresses.size(), fleet.max_parallel_nodes, [&](std::size_t i) -> Status {
        TRY_VOID(fleet.connect(addresses[i], cancel));
        return {};
    });
}

}  // namespace

Result<node::Claim> cluster_claim(const node::Node& node, const std::string& name) {
    const std::string& address = node.address().address;
    TRY_VOID(node.check_claim(module::pgsql::kKind, name));
    const auto claim = node.claim(module::pgsql::kKind, name);
    if (!claim) {
        return fail(
            Error{.code = ErrorCode::invalid,
                  .message = "expected the PostgreSQL cluster " + name + ", found no claim of it on this machine"}
                .at_host(address)
                .with_hint("`nodes` names machines of the cluster; data.pigsty_node shows in `resources` what is on a "
                           "machine"));
    }
    if (claim->state != node::ClaimState::ready) {
        return fail(Error{.code = ErrorCode::conflict,
                          .message = name + " is there, but its creation or removal has not finished"}
                        .at_host(address)
                        .with_hint("apply the configuration that makes it again: it goes on where it stopped"));
    }
    return *claim;
}

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
    TRY(const Found found, find_cluster(config, fleet, call.cancel));
    reach_all(found.cluster, fleet, call.cancel);
    const auto connection = module::pgsql::connection_of(found.cluster, found.claim.id);
    TRY(const auto session, fleet.sessions->of(connection, call.cancel));
    TRY(const Overview seen, module::pgsql::overview_of(*session, call.cancel));
    if (seen.incomplete) {
        call.diagnostics.add_warning(
            config.name + ": its leader was not asked",
            summary(*seen.incomplete) + ". `settings`, `version_actual` and `system_identifier` are null.");
    }
    PgClusterView view = view_of(found.cluster, found.claim.id, seen);
    view.nodes = config.nodes;
    return view;
}

}  // namespace pigsty::provider
