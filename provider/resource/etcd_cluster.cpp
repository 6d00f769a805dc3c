#include "provider/resource/etcd_cluster.h"

#include "core/base/json_fields.h"
#include "core/base/unknown.h"
#include "core/module/etcd/table.h"
#include "provider/configuration/attributes.h"
#include "provider/framework/validators.h"
#include "provider/resource/ca.h"
#include "provider/resource/members.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using framework::within;
using module::etcd::Access;
using module::etcd::EtcdCluster;

constexpr const char* kNewCluster = "an etcd cluster keeps it for life; make a cluster of another name and move to it";

Attributes<EtcdCluster> cluster_attributes() {
    return {
        attribute("name", &EtcdCluster::name)
            .required()
            .forces_replacement()
            .validate(framework::follows(kClusterName))
            .example("\"etcd\"")
            .description("Name of the cluster. Members are called `<name>-<number>`."),
        nested("members", &EtcdCluster::members, node_address_attributes(kIpv4Address))
            .required()
            .validate(framework::keys(framework::member_key()))
            .validate(framework::size_between(1, 7))
            .example("{ 1 = { address = \"10.10.10.11\" } }")
            .description("Members by number, 1 to 7 of them; an odd number, since an even one survives no more "
                         "failures than the odd "
                         "one below it."),
        object("ca", &EtcdCluster::ca, ca_reference_attributes())
            .required()
            .example("pigsty_ca.this.ref")
            .description("The authority that signs the members' certificates, and lets clients in."),
        attribute("port", &EtcdCluster::port)
            .fixed_default(2379)
            .validate(framework::port())
            .fixed_after_creation(kNewCluster)
            .description("Port for clients."),
        attribute("peer_port", &EtcdCluster::peer_port)
            .fixed_default(2380)
            .validate(framework::port())
            .fixed_after_creation(kNewCluster)
            .description("Port for the other members."),
        attribute("data_dir", &EtcdCluster::data_dir)
            .fixed_default("/data/etcd")
            .validate(framework::follows(kDataFolder))
            .fixed_after_creation(kNewCluster)
            .description("Folder of the members' data, on a fast disk."),
        attribute("quota_backend_bytes", &EtcdCluster::quota_backend_bytes)
            .optional()
            .validate(framework::between(67108864, 17179869184))
            .description("Size at which etcd stops accepting writes. Not set: 8 GiB."),
    };
}

Attributes<EtcdState> etcd_attributes() {
    return {
        within(&EtcdState::cluster, cluster_attributes()),
        object("access", &EtcdState::access, etcd_access_attributes())
            .computed()
            .description("How others reach this cluster: the `dcs` of `pigsty_pg_cluster`."),
        within(&EtcdState::common, framework::common_attributes({.ignore_example = "[\"etcd-2 /etc/etcd/*\"]"})),
    };
}

}  // namespace

Attributes<Access> etcd_access_attributes() {
    return {
        attribute("id", &Access::id).required().description("The cluster's `id`."),
        attribute("name", &Access::name).required().description("Its name."),
        attribute("endpoints", &Access::endpoints)
            .required()
            .description("Where clients connect: `https://ADDRESS:PORT` of each member."),
        attribute("ca_fingerprint", &Access::ca_fingerprint)
            .required()
            .description("SHA-256 of the authority's certificate whose clients are let in."),
        nested("members", &Access::members, node_address_attributes()).required().description("The members' machines."),
    };
}

Declaration<EtcdState> EtcdClusterResource::declare() const {
    return {.description =
                "An etcd cluster: TLS on both sides with client certificates required, authentication on, one root "
                "password made "
                "on the nodes and kept there.",
            .subcategory = "etcd",
            .attributes = etcd_attributes()};
}

std::string EtcdClusterResource::claim_kind() const { return module::etcd::kKind; }

converge::Identity EtcdClusterResource::identity_of(const EtcdState& state) const {
    return {.kind = claim_kind(), .name = state.cluster.name};
}

std::vector<converge::Member> EtcdClusterResource::members(const EtcdState& state) const {
    return module::etcd::members_of(state.cluster);
}

converge::Table EtcdClusterResource::table(const EtcdState& state, const Fleet* fleet) const {
    return module::etcd::table_of(state.cluster, connect_through(fleet));
}

converge::Table EtcdClusterResource::update_table(const EtcdState& /*prior*/, const EtcdState& planned,
                                                  const Fleet& fleet, Call& call) const {
    const auto drift = repaired_drift(call.private_data.get("observed"), planned.common);
    return module::etcd::table_of(planned.cluster, connect_through(&fleet),
                                  module::etcd::repairs_of(planned.cluster, drift));
}

Result<std::vector<std::string>> EtcdClusterResource::more_drift(const EtcdState& state, const converge::Run& run,
                                                                 Call& call) const {
    std::vector<module::etcd::MemberLook> looks;
    const node::Probe condition = module::etcd::condition_probe(state.cluster);
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
    return module::etcd::condition_drift(state.cluster, looks);
}

void EtcdClusterResource::more_forecast(const Plan<EtcdState>& plan, framework::Forecast& forecast) const {
    if (plan.prior == nullptr || !forecast.last_change) return;
    const auto drift = repaired_drift(plan.private_data.get("observed"), plan.planned.common);
    const auto& cluster = plan.planned.cluster;
    for (std::string& sentence : module::etcd::repairs_forecast(cluster, module::etcd::repairs_of(cluster, drift)))
        forecast.last_change->push_back(std::move(sentence));
}

converge::Table EtcdClusterResource::before_destroy(const EtcdState& state, const Fleet* /*fleet*/) const {
    return module::etcd::removal_of(state.cluster);
}

nlohmann::json EtcdClusterResource::claimed_spec(const EtcdState& state) const { return write_json(state.cluster); }

Result<EtcdState> EtcdClusterResource::from_claimed_spec(const nlohmann::json& spec) const {
    EtcdState state;
    TRY(state.cluster, read_json<EtcdCluster>(spec));
    return state;
}

Status EtcdClusterResource::complete(EtcdState& state, const converge::Run& /*run*/, Call& /*call*/) const {
    state.access = module::etcd::access_of(state.cluster, state.common.id);
    return {};
}

void EtcdClusterResource::validate(const EtcdState& config, framework::Validation& validation) const {
    const EtcdCluster& cluster = config.cluster;
    refuse_equal_addresses(cluster.members, "members", validation);
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

void EtcdClusterResource::modify_plan(Plan<EtcdState>& plan) const {
    const std::string id = plan.prior == nullptr ? unknown_marker("id") : plan.prior->common.id;
    plan.planned.access = module::etcd::access_of(plan.planned.cluster, id);
    const auto missing = [&](const char* name) { return plan.unknown.missing_at(value::Path::of(name)); };
    if (knows_machines(plan.unknown, plan.planned.cluster.members, "members") && !missing("port") && !missing("ca"))
        plan.decide("access");
    refuse_changed_members(plan, &EtcdState::cluster, &EtcdCluster::members, "members");
}

}  // namespace pigsty::provider
