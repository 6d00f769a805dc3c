#include "provider/data_source/etcd_cluster.h"

#include "core/module/etcd/condition.h"
#include "core/module/etcd/table.h"
#include "provider/configuration/references.h"
#include "provider/data_source/find_cluster.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using framework::within;
using module::etcd::EtcdCluster;
using EtcdMember = module::etcd::MemberOverview;
using EtcdOverview = module::etcd::Overview;

Attributes<EtcdMember> etcd_member_attributes() {
    return {
        attribute("name", &EtcdMember::name).computed().description("Its name in etcd, as `etcd-2`."),
        attribute("address", &EtcdMember::address).computed().description("Its address."),
        attribute("healthy", &EtcdMember::healthy)
            .computed()
            .description("It answers a read that a majority of the members agrees in."),
        attribute("leads", &EtcdMember::leads).computed().description("It leads now."),
        attribute("id", &EtcdMember::id)
            .computed()
            .description(
                "Its id as `etcdctl` shows it. Null where it did not answer, as all that follows but `alarms`."),
        attribute("version", &EtcdMember::version).computed().description("Its version, as `3.5.16`."),
        attribute("database_size", &EtcdMember::database_size)
            .computed()
            .description("Bytes of its database's file: what the quota is compared with."),
        attribute("database_size_in_use", &EtcdMember::database_size_in_use)
            .computed()
            .description("Bytes of it in use; the rest a defragmentation gives back."),
        attribute("revision", &EtcdMember::revision).computed().description("The last revision that it has."),
        attribute("alarms", &EtcdMember::alarms)
            .computed()
            .description("Alarms that it knows of, whichever member raised them."),
    };
}

Attributes<EtcdOverview> overview_attributes() {
    return {
        attribute("leader", &EtcdOverview::leader)
            .computed()
            .description("Name of the member that leads now; null where there is none."),
        attribute("healthy", &EtcdOverview::healthy).computed().description("All members are healthy."),
        attribute("quorum", &EtcdOverview::quorum)
            .computed()
            .description("Some member is healthy, that is, a majority works together."),
        attribute("version", &EtcdOverview::version)
            .computed()
            .description("The oldest version among the members that answer; null where none does."),
        attribute("database_size", &EtcdOverview::database_size)
            .computed()
            .description("Bytes of the largest member's database; null where none answers."),
        attribute("revision", &EtcdOverview::revision)
            .computed()
            .description("The last revision of the keys; null where no member answers."),
        attribute("alarms", &EtcdOverview::alarms)
            .computed()
            .description("Alarms that are raised: `NOSPACE`, `CORRUPT`."),
        nested("members", &EtcdOverview::members, etcd_member_attributes())
            .computed()
            .description("The members by number."),
    };
}

}  // namespace

framework::Declaration<EtcdClusterView> EtcdClusterDataSource::declare() const {
    return {.description =
                "What an etcd cluster is and does right now: leader, health, size, alarms. It is found by its name on "
                "its own machines, so that nobody else's state is needed: `access` is what `pigsty_pg_cluster` takes "
                "as `dcs`.",
            .subcategory = "etcd",
            .attributes = {
                cluster_to_find(&EtcdClusterView::name, &EtcdClusterView::nodes, &EtcdClusterView::id, "\"etcd\""),
                within(&EtcdClusterView::seen, overview_attributes()),
                object("access", &EtcdClusterView::access, etcd_access_attributes())
                    .computed()
                    .description("How others reach this cluster."),
            }};
}

Result<EtcdClusterView> EtcdClusterDataSource::read(const EtcdClusterView& config, framework::Call& call) const {
    const Fleet& fleet = *call.provider<Fleet>();
    const Wanted wanted{.kind = module::etcd::kKind, .what = "etcd cluster", .name = config.name};
    TRY(const auto found, find_cluster<EtcdCluster>(wanted, config.nodes, fleet, call.cancel));
    const node::Probe condition = module::etcd::condition_probe(found.spec);
    // A member whose machine does not answer is one that is not healthy.
    const auto seen = observe_all(
        module::etcd::members_of(found.spec), [&](const converge::Member&) { return node::Probes{condition}; }, fleet,
        call.cancel);
    MemberMap<std::optional<std::string>> looks;
    for (const auto& [number, member] : seen) looks[number] = member->command(condition.key);
    TRY_VOID(call.cancel.check("asking the members of " + config.name));
    return EtcdClusterView{.name = config.name,
                           .nodes = config.nodes,
                           .id = found.id,
                           .seen = module::etcd::overview_of(found.spec, looks),
                           .access = module::etcd::access_of(found.spec, found.id)};
}

}  // namespace pigsty::provider
