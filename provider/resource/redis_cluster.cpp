#include "provider/resource/redis_cluster.h"

#include <set>

#include "core/base/unknown.h"
#include "core/module/redis/monitors.h"
#include "core/module/redis/restart.h"
#include "provider/configuration/references.h"
#include "provider/framework/validators.h"
#include "provider/resource/module_attributes.h"
#include "provider/resource/problems.h"
#include "provider/resource/redis_cluster_attributes.h"

namespace pigsty::provider {
namespace {

using module::redis::RedisCluster;
using module::redis::RedisNode;

constexpr const char* kGeneration = "password_generation";

// With the password of whichever attribute holds it.
RedisCluster whole(const RedisState& state) {
    RedisCluster cluster = state.spec;
    if (state.password_wo) cluster.password = state.password_wo;
    return cluster;
}

// Which servers there are is as fixed as which nodes there are.
void refuse_changed_instances(const Plan<RedisState>& plan) {
    for (const auto& [number, node] : plan.planned.spec.nodes) {
        const value::Path at = value::Path::of("nodes").key(number).attribute("instances");
        const auto before = plan.prior->spec.nodes.find(number);
        if (before == plan.prior->spec.nodes.end() || plan.unknown.at(at)) continue;
        std::set<std::string> ports;
        for (const auto& [port, instance] : before->second.instances) ports.insert(port);
        for (const auto& [port, instance] : node.instances) {
            if (ports.erase(port) == 0) {
                plan.diagnostics.add_error(
                    "Another instance of a living cluster",
                    "Expected the ports that " + plan.prior->spec.name + " was made with, found " + port +
                        " as a new one. This version adds no instances; make a cluster of another name with it.",
                    at.key(port));
            }
        }
        for (const std::string& port : ports) {
            plan.diagnostics.add_error("An instance of a living cluster is missing",
                                       "Expected the ports that " + plan.prior->spec.name +
                                           " was made with, found no " + port +
                                           ". This version removes no instances; write it down again.",
                                       at);
        }
    }
}

void refuse_another_authority(const Plan<RedisState>& plan) {
    const auto& before = plan.prior->spec.ca;
    const auto& after = plan.planned.spec.ca;
    if (plan.unknown.at("ca") || (after && has_unknown(after->fingerprint))) return;
    if (before.has_value() == after.has_value() && (!before || before->fingerprint == after->fingerprint)) return;
    plan.diagnostics.add_error(
        "TLS of a living cluster",
        "Expected `ca` as " + plan.prior->spec.name +
            " was made with, found another. This version neither switches TLS on or off nor "
            "changes the authority of a living cluster: make one of another name and move to it.",
        value::Path::of("ca"));
}

}  // namespace

Declaration<RedisState> RedisClusterResource::declare() const {
    return {.description =
                "Redis or Valkey: standalone servers with replicas, sentinels that watch such groups, or a native "
                "cluster. Who leads now is a fact that it shows, never drift that it undoes.",
            .subcategory = "Redis",
            .attributes =
                {
                    within(&RedisState::spec, redis_cluster_attributes()),
                    attribute("password_wo", &RedisState::password_wo)
                        .optional()
                        .write_only()
                        .sensitive()
                        .validate(framework::not_empty())
                        .description("The same as `password`, never stored in a state or a plan. Counts when "
                                     "`password_wo_version` changes."),
                    object("endpoints", &RedisState::endpoints, redis_endpoint_attributes())
                        .computed()
                        .description("Where the instances are."),
                    object("access", &RedisState::access, redis_access_attributes())
                        .computed()
                        .description("What others need to know to reach it: no secret, the same over failovers."),
                    within(&RedisState::common,
                           framework::common_attributes({.ignore_example = "[\"redis-test-1-6379 *\"]"})),
                },
            .rules = {framework::conflicts_with("password", {"password_wo", "password_wo_version"}),
                      framework::required_together({"password_wo", "password_wo_version"})}};
}

MemberMap<node::NodeAddress> RedisClusterResource::machines(const Spec& spec) const {
    MemberMap<node::NodeAddress> machines;
    for (const auto& [number, node] : spec.nodes) machines.emplace(number, node.node);
    return machines;
}

converge::Table RedisClusterResource::table(const RedisState& state, const Fleet* fleet) const {
    return module::redis::table_of(whole(state), connect_through(fleet));
}

std::vector<RedisState> RedisClusterResource::shapes() const {
    std::vector<RedisState> shapes;
    for (const char* mode : {"standalone", "sentinel", "cluster"}) {
        RedisState& state = shapes.emplace_back();
        state.spec.mode = mode;
        state.spec.restart = "rolling";
        state.spec.ca.emplace();
    }
    return shapes;
}

converge::Table RedisClusterResource::update_table(const RedisState& /*prior*/, const RedisState& planned,
                                                   const Fleet& fleet, Call& call) const {
    const auto drift = repaired_drift(call.private_data.get("observed"), planned.common);
    return module::redis::table_of(whole(planned), connect_through(&fleet),
                                   module::redis::repairs_of(planned.spec, drift));
}

Result<std::vector<std::string>> RedisClusterResource::more_drift(const RedisState& state, const converge::Run& run,
                                                                  Call& call) const {
    if (state.spec.mode == "sentinel") return std::vector<std::string>{};
    // Part of what the run has just looked at: the first time answered from memory.
    bool is_first = true;
    const auto look = [&]() -> Result<module::redis::Looks> {
        module::redis::Looks looks;
        for (const auto& site : run.sites()) {
            const auto places = module::redis::places_of(state.spec, site->member.number);
            node::Probes probes;
            for (const auto& place : places) probes.insert(module::redis::look_probe(state.spec, place));
            TRY(const auto seen,
                is_first ? site->node->observe(probes, call.cancel) : site->node->observe_now(probes, call.cancel));
            for (const auto& place : places)
                looks[place.endpoint()] =
                    module::redis::read_look(seen.command(module::redis::look_probe(state.spec, place).key));
        }
        is_first = false;
        return looks;
    };
    return module::redis::lasting_drift(state.spec, look, run.unreachable().empty(), state.common.drift, call.cancel);
}

void RedisClusterResource::more_forecast(const Plan<RedisState>& plan, framework::Forecast& forecast) const {
    if (plan.prior == nullptr || !forecast.last_change) return;
    const auto drift = repaired_drift(plan.private_data.get("observed"), plan.planned.common);
    const auto& cluster = plan.planned.spec;
    for (std::string& sentence : module::redis::repairs_forecast(cluster, module::redis::repairs_of(cluster, drift)))
        forecast.last_change->push_back(std::move(sentence));
    for (std::string& sentence : module::redis::monitors_forecast(plan.prior->spec, cluster, drift))
        forecast.last_change->push_back(std::move(sentence));
    for (std::string& sentence : module::redis::restart_forecast(plan.prior->spec, cluster))
        forecast.last_change->push_back(std::move(sentence));
}

converge::Table RedisClusterResource::before_destroy(const RedisState& state, const Fleet* /*fleet*/) const {
    return module::redis::removal_of(state.spec);
}

nlohmann::json RedisClusterResource::claimed_spec(const RedisState& state) const {
    nlohmann::json spec = ModuleResource::claimed_spec(state);
    if (state.spec.password) spec[kGeneration] = *module::redis::password_generation(state.spec);
    for (std::size_t i = 0; i < state.spec.sentinel_monitor.size(); ++i)
        if (const auto& monitor = state.spec.sentinel_monitor[i]; monitor.password)
            spec["sentinel_monitor"][i][kGeneration] = module::redis::password_generation(monitor);
    return spec;
}

Result<RedisState> RedisClusterResource::from_claimed_spec(const nlohmann::json& spec) const {
    TRY(RedisState state, ModuleResource::from_claimed_spec(spec));
    const auto generation_in = [](const nlohmann::json& json) -> std::optional<std::int64_t> {
        const auto found = json.find(kGeneration);
        if (found == json.end() || !found->is_number_integer()) return std::nullopt;
        return found->get<std::int64_t>();
    };
    if (const auto generation = generation_in(spec))
        state.spec.password = unknown_password(module::redis::password_salt(state.spec), *generation);
    for (std::size_t i = 0; i < state.spec.sentinel_monitor.size(); ++i) {
        auto& monitor = state.spec.sentinel_monitor[i];
        if (const auto generation = generation_in(spec["sentinel_monitor"][i]))
            monitor.password = unknown_password(module::redis::password_salt(monitor), *generation);
    }
    return state;
}

std::vector<Told> RedisClusterResource::tell(RedisState& state) const {
    state.access = module::redis::access_of(state.spec, state.common.id);
    state.endpoints = module::redis::endpoints_of(state.spec);
    return {{.attribute = "access", .made_of = {"ca"}}, {.attribute = "endpoints", .made_of = {"ca"}}};
}

void RedisClusterResource::validate(const RedisState& config, framework::Validation& validation) const {
    ModuleResource::validate(config, validation);
    const RedisCluster cluster = whole(config);
    report_problems(module::redis::problems_of(cluster), validation);
    for (const Problem& warning : module::redis::warnings_of(cluster)) {
        const value::Path path = path_from_text(warning.path);
        if (!validation.unknown.at(path))
            validation.diagnostics.add_warning(warning.message, "To change it: " + warning.hint + ".", path);
    }
}

void RedisClusterResource::modify_plan(Plan<RedisState>& plan) const {
    ModuleResource::modify_plan(plan);
    if (plan.prior == nullptr) return;
    refuse_changed_instances(plan);
    refuse_another_authority(plan);
}

}  // namespace pigsty::provider
