#include "provider/resource/pg_cluster.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/hash.h"
#include "core/base/unknown.h"
#include "core/module/pgsql/auto_conf.h"
#include "core/module/pgsql/dcs.h"
#include "core/module/pgsql/dcs_login.h"
#include "core/module/pgsql/default_objects.h"
#include "core/module/pgsql/layout.h"
#include "core/module/pgsql/overview.h"
#include "core/module/pgsql/restart_forecast.h"
#include "core/module/pgsql/rules.h"
#include "core/module/pgsql/serving.h"
#include "core/module/platform/platform.h"
#include "core/render/patroni.h"
#include "core/render/pg_tune.h"
#include "provider/resource/members.h"
#include "provider/resource/pg_cluster_attributes.h"
#include "provider/resource/problems.h"
#include "provider/resource/waiting_members.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using framework::within;
using module::pgsql::PgCluster;
using module::pgsql::Sizing;

Attributes<PgClusterState> state_attributes() {
    return {
        within(&PgClusterState::cluster, pg_cluster_attributes()),
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
        within(&PgClusterState::common, framework::common_attributes()),
    };
}

MemberMap<node::NodeAddress> addresses_of(const PgCluster& cluster) {
    MemberMap<node::NodeAddress> members;
    for (const auto& [number, instance] : cluster.instances) members.emplace(number, instance.node);
    return members;
}

module::pgsql::Ways ways_through(const Fleet& fleet) {
    return {.connect = connect_through(&fleet), .sessions = fleet.sessions};
}

// What Patroni says of members that do not serve: it moves, so it is no part of `drift`.
void warn_of_members(const PgCluster& cluster, const module::pgsql::Serving& serving,
                     const std::optional<Error>& no_leader, Call& call) {
    const auto& patroni = serving.moment.patroni;
    std::string text;
    if (no_leader && !patroni.paused)
        text += "Its leader was not asked, and what is in SQL is as it was last seen: " + summary(*no_leader) + "\n";
    for (const std::string& sentence : serving.sentences) {
        const auto* member = patroni.member(sentence.substr(0, sentence.find(' ')));
        text += sentence;
        if (member != nullptr) text += "; Patroni calls it " + (member->state.empty() ? "unknown" : member->state);
        text += "\n";
    }
    if (!text.empty()) call.diagnostics.add_warning(cluster.name + ": not every member serves", text);
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

bool differs(const converge::Managed& before, const converge::Managed& after, const std::string& key) {
    const auto old_entry = before.find(key);
    const auto new_entry = after.find(key);
    return old_entry == before.end() || new_entry == after.end() || old_entry->second != new_entry->second;
}

}  // namespace

Declaration<PgClusterState> PgClusterResource::declare() const {
    return {
        .description =
            "A highly available PostgreSQL cluster: Patroni on each member, streaming replication, automatic failover, "
            "pgbouncer, and HAProxy services that find the leader by themselves.",
        .subcategory = "PostgreSQL",
        .attributes = state_attributes(),
        // A member that copies the leader takes as long as its data are large; what does not move is ended by its gate.
        .timeouts = {.create = std::chrono::hours(2), .update = std::chrono::hours(24)}};
}

std::string PgClusterResource::claim_kind() const { return module::pgsql::kKind; }

converge::Identity PgClusterResource::identity_of(const PgClusterState& state) const {
    return {.kind = claim_kind(), .name = state.cluster.name};
}

std::vector<converge::Member> PgClusterResource::members(const PgClusterState& state) const {
    return module::pgsql::members_of(state.cluster);
}

converge::Table PgClusterResource::table(const PgClusterState& state, const Fleet* fleet) const {
    if (fleet == nullptr) return module::pgsql::table_of(state.cluster, nullptr);
    const auto ways = ways_through(*fleet);
    return module::pgsql::table_of(state.cluster, &ways);
}

converge::Table PgClusterResource::update_table(const PgClusterState& prior, const PgClusterState& planned,
                                                const Fleet& fleet, Call& call) const {
    const auto before = to_managed(prior.common.managed);
    const auto after = more_managed(planned);
    const auto drift = repaired_drift(call.private_data.get("observed"), planned.common);
    const auto drifted = [&](const std::string& word) {
        return std::ranges::any_of(
            drift, [&](const std::string& sentence) { return sentence.starts_with(prior.cluster.name + word); });
    };
    module::pgsql::ClusterChanges changes{.configuration = drifted(" dcs"),
                                          .default_objects = drifted(" default"),
                                          .before = std::make_shared<const PgCluster>(prior.cluster),
                                          .creating = false,
                                          .resets = module::pgsql::auto_conf_resets(drift),
                                          .dcs_login = module::pgsql::repairs_dcs_login(prior.cluster, drift),
                                          .awaits_leader = drifted(" postgresql") || drifted(" patroni"),
                                          .members_do_not_serve = is_about_serving(prior.cluster, drift)};
    if (module::pgsql::any_needs_restart(changes.resets)) changes.configuration = true;
    for (const auto& [key, value] : after) {
        if (!differs(before, after, key)) continue;
        (key == planned.cluster.name + " dcs" ? changes.configuration : changes.default_objects) = true;
    }
    // That they wait is no drift while restarts are manual; it ends once they are not.
    const auto to_restart = module::pgsql::members_to_restart(prior.cluster, planned.cluster);
    if (planned.cluster.restart == "rolling") {
        changes.waits_for_restart = !to_restart.empty() || !waiting_members(call.private_data).empty();
        if (changes.waits_for_restart) changes.configuration = true;
        forget_waiting(call.private_data);
    } else if (!to_restart.empty()) {
        expect_waiting(call.private_data, to_restart);
    }
    const auto ways = ways_through(fleet);
    return module::pgsql::table_of(planned.cluster, &ways, changes);
}

// Its user, its role and its keys.
std::vector<node::NodeAddress> PgClusterResource::also_writes(const PgClusterState& state) const {
    std::vector<node::NodeAddress> nodes;
    for (const auto& [number, address] : state.cluster.dcs.members) nodes.push_back(address);
    return nodes;
}

bool PgClusterResource::update_also_writes(const PgClusterState& planned, Call& call) const {
    return module::pgsql::repairs_dcs_login(planned.cluster,
                                            repaired_drift(call.private_data.get("observed"), planned.common));
}

converge::Table PgClusterResource::before_destroy(const PgClusterState& state, const Fleet* fleet) const {
    return module::pgsql::removal_of(state.cluster, state.system_identifier, ways_through(*fleet));
}

converge::Managed PgClusterResource::more_managed(const PgClusterState& state) const {
    converge::Managed managed;
    for (const auto& [key, text] : module::pgsql::default_object_texts(state.cluster))
        managed[key] = has_unknown(text) ? std::nullopt : std::optional(fingerprint(text));
    const auto configuration = module::pgsql::wanted_configuration(state.cluster);
    const std::string text = configuration ? configuration->dump() : std::string();
    managed[state.cluster.name + " dcs"] =
        text.empty() || has_unknown(text) ? std::nullopt : std::optional(fingerprint(text));
    return managed;
}

nlohmann::json PgClusterResource::claimed_spec(const PgClusterState& state) const {
    return module::pgsql::to_json(state.cluster);
}

Result<PgClusterState> PgClusterResource::from_claimed_spec(const nlohmann::json& spec) const {
    PgClusterState state;
    TRY(state.cluster, module::pgsql::pg_cluster_from_json(spec));
    return state;
}

Status PgClusterResource::decide(PgClusterState& state, converge::Run& run, Call& /*call*/) const {
    PgCluster& cluster = state.cluster;
    std::optional<std::int64_t> newest;
    for (const auto& site : run.sites()) {
        TRY(const auto* platform, module::platform::platform_of(site->node->facts()));
        const std::int64_t offered = platform->postgresql.front();
        newest = newest ? std::min(*newest, offered) : offered;
    }
    if (!cluster.version) cluster.version = newest;
    if (!cluster.template_revision) cluster.template_revision = render::kTemplateRevision;
    if (!cluster.sizing) cluster.sizing = smallest(run.sites());
    return {};
}

Status PgClusterResource::complete(PgClusterState& state, const converge::Run& run, Call& call) const {
    state.connection = module::pgsql::connection_of(state.cluster, state.common.id);
    state.endpoints = module::pgsql::endpoints_of(state.cluster);
    const bool known = !state.system_identifier.empty() && !has_unknown(state.system_identifier) &&
                       !state.version_actual.empty() && !has_unknown(state.version_actual);
    if (known || run.sites().empty()) return {};
    const auto session = call.provider<Fleet>()->sessions->of(state.cluster, state.connection,
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

Result<std::vector<std::string>> PgClusterResource::more_drift(const PgClusterState& state, const converge::Run& run,
                                                               Call& call) const {
    std::vector<std::string> sentences;
    // What the last refresh said needs no second look, nor does a member whose Patroni does not run.
    std::set<std::string> conclusive(state.common.drift.begin(), state.common.drift.end());
    std::map<std::string, std::string> without_data;  // by member
    for (const auto& site : run.sites()) {
        // Part of what the run has just looked at: answered from memory.
        TRY(const auto seen, site->node->observe({module::pgsql::auto_conf_probe(),
                                                  module::pgsql::data_folder_probe(),
                                                  {node::ProbeKind::unit, module::pgsql::kPatroniService}},
                                                 call.cancel));
        const auto shadowing = module::pgsql::auto_conf_drift(state.cluster, site->member, seen);
        sentences.insert(sentences.end(), shadowing.begin(), shadowing.end());
        if (auto missing = module::pgsql::data_folder_drift(site->member, seen))
            without_data.emplace(site->member.name, *std::move(missing));
        if (seen.unit(module::pgsql::kPatroniService).active != "active") conclusive.insert(site->member.name);
    }
    for (const auto& site : run.sites()) {
        if (site->member.number != module::pgsql::dcs_login_member(state.cluster)) continue;
        const node::Probe probe = module::pgsql::dcs_login_probe(state.cluster);
        TRY(const auto seen, site->node->observe({probe}, call.cancel));
        const auto login =
            module::pgsql::dcs_login_drift(state.cluster, module::pgsql::dcs_login(seen.command(probe.key)));
        sentences.insert(sentences.end(), login.begin(), login.end());
    }
    const auto session = call.provider<Fleet>()->sessions->of(
        state.cluster, module::pgsql::connection_of(state.cluster, state.common.id),
        module::pgsql::known_identifier(run.sites()));
    const auto members = session->members(call.cancel);
    // Who answers is reported by the run; without Patroni there is nothing to compare.
    if (!members || run.sites().empty()) return sentences;
    const auto serving = module::pgsql::look_at_serving(*session, *members, conclusive, call.cancel);
    TRY_VOID(call.cancel.check("looking at " + state.cluster.name));
    // One that streams has its data again: it was being copied when we looked.
    if (serving && serving->moment.streaming)
        std::erase_if(without_data,
                      [&](const auto& entry) { return serving->moment.streaming->contains(entry.first); });
    for (const auto& [member, sentence] : without_data) sentences.push_back(sentence);
    if (!serving) {
        sentences.push_back(state.cluster.name + " patroni: no member answers");
        return sentences;
    }
    sentences.insert(sentences.end(), serving->sentences.begin(), serving->sentences.end());
    const client::PatroniCluster& seen = serving->moment.patroni;
    std::optional<Error> leaderless;
    if (seen.leader() == nullptr) {
        leaderless = module::pgsql::with_dcs_cause(
            Error{.code = ErrorCode::unreachable, .message = "no member of " + state.cluster.name + " leads"},
            state.cluster, *run.sites().front()->node, call.cancel);
    }
    warn_of_members(state.cluster, *serving, leaderless ? leaderless : serving->leader_silent, call);
    note_waiting(call.private_data, seen);
    if (seen.paused) {
        call.diagnostics.add_warning(state.cluster.name + " is paused",
                                     "Patroni is in maintenance mode: it neither fails over nor starts PostgreSQL. "
                                     "Until `patronictl resume`, only SQL objects and reloads are changed.");
    }
    TRY(const auto wanted, module::pgsql::wanted_configuration(state.cluster));
    // Nothing of the rest can be looked at, and etcd may be the cause: its own repair must not wait for us.
    if (leaderless || serving->leader_silent) return sentences;
    session->remember_leader(*members, seen);
    const Status looked = session->look(
        [&](module::pgsql::ClusterSession::Work& work) -> Status {
            TRY(const auto objects, module::pgsql::default_object_drift(state.cluster, work));
            sentences.insert(sentences.end(), objects.begin(), objects.end());
            return {};
        },
        call.cancel);
    if (!looked) {
        // It left in between: its configuration and its objects are as they were last seen.
        if (!session->leaderless() && !converge::is_silence(looked.error())) return fail(looked.error());
        return sentences;
    }
    TRY(const auto live, members->configuration(call.cancel));
    const auto configuration = module::pgsql::configuration_drift(state.cluster.name, wanted, live);
    sentences.insert(sentences.end(), configuration.begin(), configuration.end());
    return sentences;
}

void PgClusterResource::more_forecast(const Plan<PgClusterState>& plan, framework::Forecast& forecast) const {
    // Names of packages and folders hold the version: until it is decided, none of the keys is known.
    if (plan.unknown.at("version")) forecast.managed.emplace(unknown_marker("version"), std::nullopt);
    if (plan.prior == nullptr || !forecast.last_change) return;
    for (std::string& sentence :
         module::pgsql::restart_forecast(plan.prior->cluster, plan.planned.cluster, waiting_members(plan.private_data)))
        forecast.last_change->push_back(std::move(sentence));
    const auto drift = repaired_drift(plan.private_data.get("observed"), plan.planned.common);
    const auto resets = module::pgsql::auto_conf_resets(drift);
    for (std::string& sentence : module::pgsql::auto_conf_forecast(resets, plan.planned.cluster.restart))
        forecast.last_change->push_back(std::move(sentence));
    const auto before = to_managed(plan.prior->common.managed);
    const auto after = more_managed(plan.planned);
    for (const auto& [key, value] : after)
        if (key != plan.planned.cluster.name + " dcs" && differs(before, after, key))
            forecast.last_change->push_back("update " + key);
    if (module::pgsql::repairs_dcs_login(plan.prior->cluster, drift))
        forecast.last_change->push_back("make the user " + plan.planned.cluster.name + " of etcd cluster " +
                                        plan.planned.cluster.dcs.name + " as it was");
}

void PgClusterResource::validate(const PgClusterState& config, framework::Validation& validation) const {
    report_problems(module::pgsql::problems_of(config.cluster), validation);
}

void PgClusterResource::modify_plan(Plan<PgClusterState>& plan) const {
    const std::string id = plan.prior == nullptr ? unknown_marker("id") : plan.prior->common.id;
    plan.planned.connection = module::pgsql::connection_of(plan.planned.cluster, id);
    plan.planned.endpoints = module::pgsql::endpoints_of(plan.planned.cluster);
    const auto missing = [&](const char* name) { return plan.unknown.missing_at(value::Path::of(name)); };
    if (knows_machines(plan.unknown, addresses_of(plan.planned.cluster), "instances")) {
        plan.decide("connection");
        if (!missing("services") && !missing("default_services")) plan.decide("endpoints");
    }
    if (plan.prior != nullptr) {
        refuse_changed_members(addresses_of(plan.prior->cluster), addresses_of(plan.planned.cluster), "instances",
                               plan.unknown, plan.diagnostics);
        // What is not known yet is looked at once more when it is.
        const auto is_another = [](const std::string& before, const std::string& after) {
            return !has_unknown(after) && before != after;
        };
        if ((!missing("ca") && is_another(plan.prior->cluster.ca.fingerprint, plan.planned.cluster.ca.fingerprint)) ||
            (!missing("dcs") && is_another(plan.prior->cluster.dcs.name, plan.planned.cluster.dcs.name))) {
            plan.diagnostics.add_error(
                "Another authority or etcd cluster",
                "This version does not move a living cluster to another certificate authority or another etcd "
                "cluster. Bring `ca` and `dcs` back as they were.",
                value::Path::of("dcs"));
        }
    }
    const auto& cluster = plan.planned.cluster;
    if (!has_unknown(cluster.ca.fingerprint) && !has_unknown(cluster.dcs.ca_fingerprint) &&
        !cluster.dcs.ca_fingerprint.empty() && cluster.ca.fingerprint != cluster.dcs.ca_fingerprint) {
        plan.diagnostics.add_error(
            "Two certificate authorities",
            "Expected an etcd cluster whose members trust the authority in `ca`, found one that trusts another (" +
                cluster.dcs.ca_fingerprint.substr(0, 12) + "…). Use one authority for both.",
            value::Path::of("dcs").attribute("ca_fingerprint"));
    }
}

}  // namespace pigsty::provider
