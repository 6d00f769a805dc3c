#include "provider/resource/pg_cluster.h"

#include <algorithm>

#include "core/base/given_password.h"
#include "core/base/unknown.h"
#include "core/module/pgsql/backup/forecast.h"
#include "core/module/pgsql/cluster/dbsu.h"
#include "core/module/pgsql/cluster/overview.h"
#include "core/module/pgsql/cluster/services.h"
#include "core/module/pgsql/cluster/shard.h"
#include "core/module/pgsql/cluster/standby_steps.h"
#include "core/module/pgsql/cluster/upstream.h"
#include "core/module/pgsql/rules/rules.h"
#include "core/module/pgsql/session/dcs_login.h"
#include "core/module/platform/platform.h"
#include "core/render/patroni.h"
#include "core/render/pg_tune.h"
#include "provider/framework/validators.h"
#include "provider/resource/pg_cluster_attributes.h"
#include "provider/resource/pg_cluster_backups.h"
#include "provider/resource/pg_cluster_citus.h"
#include "provider/resource/pg_cluster_settings.h"
#include "provider/resource/pg_cluster_standby.h"
#include "provider/resource/problems.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using framework::within;
using module::pgsql::PgCluster;
using module::pgsql::Sizing;

constexpr const char* kDbsuGeneration = "dbsu_password_generation";

Attributes<PgClusterState> state_attributes() {
    return {
        within(&PgClusterState::spec, pg_cluster_attributes()),
        attribute("system_identifier", &PgClusterState::system_identifier)
            .computed_once()
            .description("PostgreSQL's own name for this cluster's data."),
        attribute("version_actual", &PgClusterState::version_actual)
            .computed_once()
            .description("The server's version, as `17.6`."),
        object("connection", &PgClusterState::connection, pg_connection_attributes())
            .computed()
            .description("What users and databases take as `cluster`: no secret, the same over failovers."),
        object("endpoints", &PgClusterState::endpoints, pg_endpoint_attributes())
            .computed()
            .description("Where clients connect, by service."),
        object("failover", &PgClusterState::failover, pg_failover_attributes())
            .computed()
            .description("What `rto`, `rpo`, `synchronous`, `template` and the members come to."),
        within(&PgClusterState::common, framework::common_attributes()),
    };
}

// The smallest member decides: the cluster's settings are one for all.
Sizing smallest(const std::vector<std::shared_ptr<converge::Site>>& sites) {
    Sizing sizing;
    for (const auto& site : sites) {
        const node::Facts& facts = site->node->facts();
        const auto take = [](std::int64_t& into, std::int64_t value) {
            into = into == 0 ? value : std::min(into, value);
        };
        take(sizing.cpu, facts.cpu);
        take(sizing.memory_mb, facts.memory_mb);
        take(sizing.disk_gb, facts.data_disk_gb);
    }
    return render::rounded(sizing);
}

std::vector<node::NodeAddress> machines_of_dcs(const PgCluster& cluster) {
    std::vector<node::NodeAddress> nodes;
    for (const auto& [number, address] : cluster.dcs.members) nodes.push_back(address);
    return nodes;
}

void append_upstream(std::vector<node::NodeAddress>& nodes, const PgCluster& cluster) {
    if (!cluster.standby) return;
    for (const auto& [number, address] : cluster.standby->upstream.members) nodes.push_back(address);
}

void refuse_another_authority_or_dcs(Plan<PgClusterState>& plan) {
    const PgCluster& prior = plan.prior->spec;
    const PgCluster& planned = plan.planned.spec;
    // What is not known yet is looked at once more when it is.
    const auto is_another = [&](const char* attribute, const std::string& before, const std::string& after) {
        return !plan.unknown.missing_at(value::Path::of(attribute)) && !has_unknown(after) && before != after;
    };
    if (!is_another("ca", prior.ca.fingerprint, planned.ca.fingerprint) &&
        !is_another("dcs", prior.dcs.name, planned.dcs.name))
        return;
    plan.diagnostics.add_error("Another authority or etcd cluster",
                               "This version does not move a living cluster to another certificate authority or "
                               "another etcd cluster. Bring `ca` and `dcs` back as they were.",
                               value::Path::of("dcs"));
}

void refuse_two_authorities(const PgCluster& cluster, framework::Diagnostics& diagnostics) {
    const std::string& trusted = cluster.dcs.ca_fingerprint;
    if (trusted.empty() || has_unknown(trusted) || has_unknown(cluster.ca.fingerprint) ||
        cluster.ca.fingerprint == trusted)
        return;
    diagnostics.add_error("Two certificate authorities",
                          "Expected an etcd cluster whose members trust the authority in `ca`, found one that trusts "
                          "another (" +
                              trusted.substr(0, 12) + "…). Use one authority for both.",
                          value::Path::of("dcs").attribute("ca_fingerprint"));
}

void refuse_ports_that_move(Plan<PgClusterState>& plan) {
    if (plan.unknown.missing_at(value::Path::of("services")) ||
        plan.unknown.missing_at(value::Path::of("default_services")))
        return;
    for (const auto& [name, other] : module::pgsql::taken_over_ports(plan.prior->spec, plan.planned.spec))
        plan.diagnostics.add_error("A port that another service has until then",
                                   "Expected a port that no service has that goes with this change, found that of \"" +
                                       other + "\". Take \"" + other + "\" out in an apply of its own, or choose " +
                                       "another port.",
                                   value::Path::of("services").key(name).attribute("port"));
}

// Once, when the cluster is made.
void tell_of_passwords(Plan<PgClusterState>& plan) {
    if (plan.unknown.missing_at(value::Path::of("role_passwords_wo"))) return;
    std::string names;
    for (const std::string& name : module::pgsql::roles_without_password(plan.planned.spec))
        names += (names.empty() ? "" : ", ") + name;
    if (names.empty()) return;
    plan.diagnostics.add_warning(plan.planned.spec.name + ": roles without a password",
                                 names +
                                     " may log in by peer or certificate only. `role_passwords_wo` gives them a "
                                     "password.",
                                 value::Path::of("role_passwords_wo"));
}

}  // namespace

module::pgsql::Ways ways_through(const Fleet& fleet) {
    return {.connect = connect_through(&fleet), .sessions = fleet.sessions};
}

Declaration<PgClusterState> PgClusterResource::declare() const {
    return {
        .description =
            "A highly available PostgreSQL cluster: Patroni on each member, streaming replication, automatic failover, "
            "pgbouncer, and HAProxy services that find the leader by themselves.",
        .subcategory = "PostgreSQL",
        .attributes = state_attributes(),
        .rules = {framework::required_together({"role_passwords_wo", "role_passwords_wo_version"}),
                  framework::conflicts_with("dbsu_password", {"dbsu_password_wo", "dbsu_password_wo_version"}),
                  framework::required_together({"dbsu_password_wo", "dbsu_password_wo_version"})},
        // A member that copies the leader takes as long as its data are large; what does not move is ended by its gate.
        // So does a final backup.
        .timeouts = {
            .create = std::chrono::hours(2), .update = std::chrono::hours(24), .destroy = std::chrono::hours(24)}};
}

MemberMap<node::NodeAddress> PgClusterResource::machines(const Spec& spec) const {
    MemberMap<node::NodeAddress> machines;
    for (const auto& [number, instance] : spec.instances) machines.emplace(number, instance.node);
    return machines;
}

converge::Table PgClusterResource::table(const PgClusterState& state, const Fleet* fleet) const {
    if (fleet == nullptr) return module::pgsql::table_of(state.spec, nullptr);
    const auto ways = ways_through(*fleet);
    return module::pgsql::table_of(state.spec, &ways);
}

std::vector<PgClusterState> PgClusterResource::shapes() const {
    PgClusterState with_backups;
    with_backups.spec.backup.emplace().repository.emplace();
    with_backups.spec.restore_from.emplace();
    PgClusterState with_upstream;
    with_upstream.spec.standby.emplace();
    PgClusterState of_shard;
    of_shard.spec.mode = module::pgsql::kCitus;
    of_shard.spec.citus.emplace();
    of_shard.spec.dbsu_password = Secret("secret");
    return {PgClusterState(), std::move(with_backups), std::move(with_upstream), std::move(of_shard)};
}

// Its user, its role and its keys in etcd; what it has at its upstream.
std::vector<node::NodeAddress> PgClusterResource::also_writes(const PgClusterState& state) const {
    auto nodes = machines_of_dcs(state.spec);
    append_upstream(nodes, state.spec);
    return nodes;
}

std::vector<node::NodeAddress> PgClusterResource::update_also_writes(const PgClusterState& prior,
                                                                     const PgClusterState& planned, Call& call) const {
    const auto drift = repaired_drift(call.private_data.get("observed"), planned.common);
    std::vector<node::NodeAddress> nodes;
    if (module::pgsql::repairs_dcs_login(planned.spec, drift)) nodes = machines_of_dcs(planned.spec);
    const bool leaves = prior.spec.standby && !planned.spec.standby;
    if (leaves || module::pgsql::is_about_upstream(prior.spec, drift)) append_upstream(nodes, prior.spec);
    return nodes;
}

converge::Table PgClusterResource::before_destroy(const PgClusterState& state, const Fleet* fleet) const {
    return module::pgsql::removal_of(state.spec, state.system_identifier, ways_through(*fleet));
}

void PgClusterResource::forecast_destroy(const PgClusterState& state, framework::Diagnostics& diagnostics) const {
    std::string text;
    for (const std::string& sentence : module::pgsql::destroy_forecast(state.spec))
        text += (text.empty() ? "" : "\n") + sentence;
    if (!text.empty())
        diagnostics.add_warning(state.spec.name + ": final backup", std::move(text), value::Path::of("final_backup"));
}

// Of the resource, and of nothing on a node: it counts even where the apply did not come to its end, so that a cluster that
// cannot be backed up any more can be destroyed.
void PgClusterResource::settle_failed(PgClusterState& left, const PgClusterState& planned) const {
    if (!planned.spec.final_backup) left.spec.final_backup = false;
}

std::vector<Told> PgClusterResource::tell(PgClusterState& state) const {
    state.connection = module::pgsql::connection_of(state.spec, state.common.id);
    state.endpoints = module::pgsql::endpoints_of(state.spec);
    state.failover = module::pgsql::failover_of(state.spec);
    std::vector<Told> told{{.attribute = "connection"}};
    // Text that is not known yet stands in the specification as a marker, and would pass for another choice.
    if (!has_unknown(state.spec.template_name))
        told.push_back({.attribute = "endpoints",
                        .made_of = {"services", "default_services", "rpo", "synchronous", "vip", "standby"}});
    if (!module::pgsql::has_unknown_failover(state.spec))
        told.push_back({.attribute = "failover", .made_of = {"rpo", "synchronous", "instances", "standby"}});
    return told;
}

Status PgClusterResource::decide(PgClusterState& state, converge::Run& run, Call& call) const {
    PgCluster& cluster = state.spec;
    std::optional<std::int64_t> newest;
    for (const auto& site : run.sites()) {
        TRY(const auto* platform, module::platform::platform_of(site->node->facts()));
        const std::int64_t offered = platform->postgresql.front();
        newest = newest ? std::min(*newest, offered) : offered;
    }
    std::optional<module::pgsql::UpstreamFacts> upstream;
    const bool creates = state.common.id.empty() || has_unknown(state.common.id);
    if (cluster.standby && creates) {
        TRY(upstream, module::pgsql::upstream_facts(*cluster.standby, *call.provider<Fleet>()->sessions, call.cancel));
        newest = upstream->cluster.version;
    }
    if (creates)
        TRY_VOID(module::pgsql::check_place_in_shard(cluster, connect_through(call.provider<Fleet>()), call.cancel));
    if (!cluster.version) cluster.version = newest;
    if (!cluster.template_revision) cluster.template_revision = render::kTemplateRevision;
    if (!cluster.sizing) cluster.sizing = smallest(run.sites());
    if (upstream)
        if (auto problem = module::pgsql::upstream_problem(cluster, *upstream)) return fail(*std::move(problem));
    // Once more, for this very version.
    const auto problems = module::pgsql::parameter_problems(cluster, settings_of(cluster, call.private_data));
    if (!problems.empty()) {
        return fail(Error{.code = ErrorCode::invalid,
                          .message = problems.front().path + ": " + problems.front().message + " (PostgreSQL " +
                                     std::to_string(*cluster.version) + ")"}
                        .with_hint(problems.front().hint));
    }
    return {};
}

Status PgClusterResource::complete(PgClusterState& state, const converge::Run& run, Call& call) const {
    TRY_VOID(ModuleResource::complete(state, run, call));
    const bool known = !state.system_identifier.empty() && !has_unknown(state.system_identifier) &&
                       !state.version_actual.empty() && !has_unknown(state.version_actual);
    if (known || run.sites().empty()) return {};
    const auto session = call.provider<Fleet>()->sessions->of(state.spec, state.connection,
                                                              module::pgsql::known_identifier(run.sites()));
    return session->look(
        [&](module::pgsql::ClusterSession::Work& work) -> Status {
            TRY(const auto* catalog, work.catalog());
            state.system_identifier = catalog->system_identifier;
            state.version_actual = module::pgsql::version_text(catalog->server_version);
            return {};
        },
        call.cancel);
}

// Of a password that the claim does not keep: which one it is.
nlohmann::json PgClusterResource::claimed_spec(const PgClusterState& state) const {
    nlohmann::json spec = ModuleResource::claimed_spec(state);
    if (state.spec.dbsu_password) spec[kDbsuGeneration] = *module::pgsql::dbsu_generation(state.spec);
    return spec;
}

Result<PgClusterState> PgClusterResource::from_claimed_spec(const nlohmann::json& spec) const {
    TRY(PgClusterState state, ModuleResource::from_claimed_spec(spec));
    if (const auto kept = spec.find(kDbsuGeneration); kept != spec.end() && kept->is_number_integer())
        state.spec.dbsu_password = unknown_password(module::pgsql::dbsu_salt(state.spec), kept->get<std::int64_t>());
    return state;
}

void PgClusterResource::validate(const PgClusterState& config, framework::Validation& validation) const {
    std::vector<module::pgsql::Problem> problems = module::pgsql::problems_of(config.spec);
    // What it is judged by is not in the specification yet.
    const bool judges_synchronous = !validation.unknown.missing_at(value::Path::of("rpo")) &&
                                    !validation.unknown.missing_at(value::Path::of("synchronous")) &&
                                    !validation.unknown.missing_at(value::Path::of("instances"));
    if (!judges_synchronous)
        std::erase_if(problems, [](const auto& problem) { return problem.path.starts_with("synchronous"); });
    const bool judges_backups = !validation.unknown.missing_at(value::Path::of("backup"));
    if (!judges_backups)
        std::erase_if(problems, [](const auto& problem) {
            return problem.path.starts_with("backup") || problem.path == "final_backup";
        });
    if (validation.unknown.missing_at(value::Path::of("restore_from")))
        std::erase_if(problems, [](const auto& problem) { return problem.path.starts_with("restore_from"); });
    const auto is_missing = [&](const char* attribute) {
        return validation.unknown.missing_at(value::Path::of(attribute));
    };
    if (is_missing("dbsu_password") || is_missing("dbsu_password_wo"))
        std::erase_if(problems, [](const auto& problem) { return problem.path.starts_with("dbsu_password"); });
    if (is_missing("citus"))
        std::erase_if(problems, [](const auto& problem) { return problem.path.starts_with("citus"); });
    if (is_missing("libs")) std::erase_if(problems, [](const auto& problem) { return problem.path == "libs"; });
    report_problems(problems, validation);
    if (judges_backups) advise_on_backups(config.spec, validation.diagnostics);
    if (!judges_synchronous) return;
    std::string advice;
    for (const std::string& sentence : module::pgsql::synchronous_warnings(config.spec))
        advice += (advice.empty() ? "" : "\n") + sentence;
    if (!advice.empty())
        validation.diagnostics.add_warning(config.spec.name + ": synchronous replication", std::move(advice),
                                           value::Path::of("synchronous"));
}

void PgClusterResource::modify_plan(Plan<PgClusterState>& plan) const {
    ModuleResource::modify_plan(plan);
    const PgCluster& cluster = plan.planned.spec;
    if (plan.prior != nullptr) {
        // The version is known by now, and what the server's libraries have added to its settings.
        framework::Validation validation{plan.unknown, plan.diagnostics};
        report_problems(module::pgsql::parameter_problems(cluster, settings_of(cluster, plan.private_data)),
                        validation);
        refuse_another_authority_or_dcs(plan);
        refuse_another_restore(plan.prior->spec, cluster, plan.unknown, plan.diagnostics);
        refuse_another_encryption(plan.prior->spec, cluster, plan.unknown, plan.diagnostics);
        refuse_another_upstream(plan);
        refuse_ports_that_move(plan);
    }
    refuse_two_authorities(cluster, plan.diagnostics);
    if (plan.prior == nullptr) tell_of_citus_database(plan);
    if (plan.prior == nullptr && !plan.unknown.missing_at(value::Path::of("default_roles"))) tell_of_passwords(plan);
}

}  // namespace pigsty::provider
