#include "provider/resource/etcd_cluster.h"

#include "core/module/etcd/table.h"
#include "provider/framework/validators.h"
#include "provider/resource/module_attributes.h"

namespace pigsty::provider {
namespace {

using module::etcd::Access;
using module::etcd::EtcdCluster;

constexpr const char* kNewCluster = "an etcd cluster keeps it for life; make a cluster of another name and move to it";

Attributes<EtcdCluster> cluster_attributes() {
    return {
        cluster_name_attribute(&EtcdCluster::name)
            .example("\"etcd\"")
            .description("Name of the cluster. Members are called `<name>-<number>`."),
        members_attribute("members", &EtcdCluster::members, 7)
            .example("{ 1 = { address = \"10.10.10.11\" } }")
            .description("Members by number, 1 to 7 of them; an odd number, since an even one survives no more "
                         "failures than the odd one below it."),
        ca_attribute(&EtcdCluster::ca)
            .description("The authority that signs the members' certificates, and lets clients in."),
        port_attribute("port", &EtcdCluster::port).fixed_after_creation(kNewCluster).description("Port for clients."),
        port_attribute("peer_port", &EtcdCluster::peer_port)
            .fixed_after_creation(kNewCluster)
            .description("Port for the other members."),
        data_dir_attribute(&EtcdCluster::data_dir)
            .fixed_after_creation(kNewCluster)
            .description("Folder of the members' data, on a fast disk."),
        attribute("quota_backend_bytes", &EtcdCluster::quota_backend_bytes)
            .optional()
            .validate(framework::between(module::etcd::kQuotaBackendBytes))
            .description("Size at which etcd stops accepting writes. Not set: 8 GiB."),
    };
}

Attributes<EtcdState> etcd_attributes() {
    return {
        within(&EtcdState::spec, cluster_attributes()),
        object("access", &EtcdState::access, etcd_access_attributes())
            .computed()
            .description("How others reach this cluster: the `dcs` of `pigsty_pg_cluster`."),
        within(&EtcdState::common, framework::common_attributes({.ignore_example = "[\"etcd-2 /etc/etcd/*\"]"})),
    };
}

}  // namespace

Declaration<EtcdState> EtcdClusterResource::declare() const {
    return {.description =
                "An etcd cluster: TLS on both sides with client certificates required, authentication on, one root "
                "password made "
                "on the nodes and kept there.",
            .subcategory = "etcd",
            .attributes = etcd_attributes()};
}

converge::Table EtcdClusterResource::table(const EtcdState& state, const Fleet* fleet) const {
    return module::etcd::table_of(state.spec, connect_through(fleet));
}

converge::Table EtcdClusterResource::update_table(const EtcdState& /*prior*/, const EtcdState& planned,
                                                  const Fleet& fleet, Call& call) const {
    const auto drift = repaired_drift(call.private_data.get("observed"), planned.common);
    return module::etcd::table_of(planned.spec, connect_through(&fleet), module::etcd::repairs_of(planned.spec, drift));
}

Result<std::vector<std::string>> EtcdClusterResource::more_drift(const EtcdState& state, const converge::Run& run,
                                                                 Call& call) const {
    std::vector<module::etcd::MemberLook> looks;
    const node::Probe condition = module::etcd::condition_probe(state.spec);
    const node::Probe unit{node::ProbeKind::unit, module::etcd::kUnit};
    for (const auto& site : run.sites()) {
        // Part of what the run has just looked at: answered from memory.
        node::Probes probes = module::etcd::certificate_probes();
        probes.insert({condition, unit});
        TRY(const auto seen, site->node->observe(probes, call.cancel));
        looks.push_back({.member = site->member.name,
                         .is_running = node::is_running(seen.unit(unit.key)),
                         .condition = module::etcd::member_condition(seen.command(condition.key))});
        looks.back().condition.is_barred = module::etcd::is_barred(seen);
    }
    return module::etcd::condition_drift(state.spec, looks);
}

void EtcdClusterResource::more_forecast(const Plan<EtcdState>& plan, framework::Forecast& forecast) const {
    if (plan.prior == nullptr || !forecast.last_change) return;
    const auto drift = repaired_drift(plan.private_data.get("observed"), plan.planned.common);
    const auto& cluster = plan.planned.spec;
    for (std::string& sentence : module::etcd::repairs_forecast(cluster, module::etcd::repairs_of(cluster, drift)))
        forecast.last_change->push_back(std::move(sentence));
}

converge::Table EtcdClusterResource::before_destroy(const EtcdState& state, const Fleet* /*fleet*/) const {
    return module::etcd::removal_of(state.spec);
}

std::vector<Told> EtcdClusterResource::tell(EtcdState& state) const {
    state.access = module::etcd::access_of(state.spec, state.common.id);
    return {{.attribute = "access", .made_of = {"port", "ca"}}};
}

void EtcdClusterResource::validate(const EtcdState& config, framework::Validation& validation) const {
    ModuleResource::validate(config, validation);
    const EtcdCluster& cluster = config.spec;
    if (cluster.port == cluster.peer_port && !validation.unknown.at("port") && !validation.unknown.at("peer_port")) {
        validation.error(value::Path::of("peer_port"), "One port for two purposes",
                         "Expected ports of their own for clients and for the other members, found " +
                             std::to_string(cluster.port) + " for both. Set another `peer_port`.");
    }
    if (!validation.unknown.at("members") && cluster.members.size() % 2 == 0 && !cluster.members.empty()) {
        validation.diagnostics.add_warning(cluster.name + ": an even number of etcd members",
                                           std::to_string(cluster.members.size()) + " members survive the loss of " +
                                               std::to_string((cluster.members.size() - 1) / 2) + ", as " +
                                               std::to_string(cluster.members.size() - 1) +
                                               " do, and one more can fail. Use an odd number.",
                                           value::Path::of("members"));
    }
}

}  // namespace pigsty::provider
