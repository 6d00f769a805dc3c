// What an update of a PostgreSQL cluster does beyond items: what the plan says of it, and what the apply then does.

#include <algorithm>

#include "core/base/hash.h"
#include "core/base/unknown.h"
#include "core/module/pgsql/cluster/auto_conf.h"
#include "core/module/pgsql/cluster/dbsu.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/cluster/restart_forecast.h"
#include "core/module/pgsql/cluster/serving.h"
#include "core/module/pgsql/cluster/shard.h"
#include "core/module/pgsql/cluster/standby_steps.h"
#include "core/module/pgsql/cluster/upstream.h"
#include "core/module/pgsql/cluster/vip.h"
#include "core/module/pgsql/object/default_objects.h"
#include "core/module/pgsql/session/dcs_login.h"
#include "core/module/pgsql/spec/reach.h"
#include "provider/resource/pg_cluster.h"
#include "provider/resource/pg_cluster_backups.h"
#include "provider/resource/pg_cluster_settings.h"
#include "provider/resource/pg_cluster_standby.h"
#include "provider/resource/waiting_members.h"

namespace pigsty::provider {
namespace {

using module::pgsql::ClusterChanges;
using module::pgsql::PgCluster;
using module::pgsql::Settings;

std::string configuration_key(const PgCluster& cluster) { return cluster.name + " dcs"; }

bool differs(const converge::Managed& before, const converge::Managed& after, const std::string& key) {
    const auto old_entry = before.find(key);
    const auto new_entry = after.find(key);
    return old_entry == before.end() || new_entry == after.end() || old_entry->second != new_entry->second;
}

bool has_other_parameters(const PgCluster& before, const PgCluster& after) {
    return std::ranges::any_of(after.instances, [&](const auto& entry) {
        return module::pgsql::member_settings(before, entry.first) !=
               module::pgsql::member_settings(after, entry.first);
    });
}

bool has_other_upstreams(const PgCluster& before, const PgCluster& after) {
    return std::ranges::any_of(after.instances, [&](const auto& entry) {
        const auto found = before.instances.find(entry.first);
        return found != before.instances.end() && found->second.upstream != entry.second.upstream;
    });
}

ClusterChanges repairs_of_cluster(const PgCluster& cluster, const std::vector<std::string>& drift) {
    const auto drifted = [&](const std::string& word) {
        return std::ranges::any_of(
            drift, [&](const std::string& sentence) { return sentence.starts_with(cluster.name + word); });
    };
    return {.configuration = drifted(" dcs"),
            .default_objects = drifted(" default"),
            .before = std::make_shared<const PgCluster>(cluster),
            .creating = false,
            .resets = module::pgsql::auto_conf_resets(drift),
            .dcs_login = module::pgsql::repairs_dcs_login(cluster, drift),
            .awaits_leader = drifted(" postgresql") || drifted(" patroni"),
            .awaits_streaming = is_about_serving(cluster, drift),
            .upstream = cluster.standby && module::pgsql::is_about_upstream(cluster, drift),
            .vip_astray = module::pgsql::repairs_vip(cluster, drift),
            .dbsu_password = drifted(" dbsu password"),
            .shard = module::pgsql::repairs_shard(cluster, drift)};
}

// Whether members restart now. Where nobody restarts them, the next plan knows that they wait.
bool restarts_now(const PgCluster& prior, const PgCluster& planned, const Settings& settings,
                  framework::PrivateData& private_data) {
    // That they wait is no drift while restarts are manual; it ends once they are not.
    const auto waiting = waiting_members(private_data);
    auto to_restart = module::pgsql::members_to_restart(prior, planned, waiting, settings);
    if (planned.restart == "rolling") {
        forget_waiting(private_data);
        return !to_restart.empty() || !waiting.members.empty();
    }
    if (!to_restart.empty())
        expect_waiting(private_data,
                       {.members = std::move(to_restart),
                        .runs_with = module::pgsql::waiting_after(prior, planned, waiting, settings)},
                       render::failover_plan(planned.rto));
    return false;
}

}  // namespace

converge::Managed PgClusterResource::more_managed(const PgClusterState& state) const {
    converge::Managed managed;
    const auto add = [&](const std::string& key, const std::string& text) {
        managed[key] = has_unknown(text) ? std::nullopt : std::optional(fingerprint(text));
    };
    // A standby cluster has the objects of its upstream.
    if (state.spec.standby)
        add(module::pgsql::upstream_key(state.spec), module::pgsql::upstream_text(state.spec));
    else
        for (const auto& [key, text] : module::pgsql::default_object_texts(state.spec)) add(key, text);
    if (const auto reference = module::pgsql::dbsu_reference(state.spec))
        add(module::pgsql::dbsu_key(state.spec), render::secret_reference(*reference));
    const std::string text = module::pgsql::configuration_meaning(state.spec).value_or("");
    managed[configuration_key(state.spec)] =
        text.empty() || has_unknown(text) ? std::nullopt : std::optional(fingerprint(text));
    return managed;
}

converge::Table PgClusterResource::update_table(const PgClusterState& prior, const PgClusterState& planned,
                                                const Fleet& fleet, Call& call) const {
    const auto drift = repaired_drift(call.private_data.get("observed"), planned.common);
    ClusterChanges changes = repairs_of_cluster(prior.spec, drift);
    changes.backups = change_of_backups(prior.spec, prior.common.managed, planned.spec, drift);
    changes.extension_settings = extension_settings(call.private_data);
    const auto before = to_managed(prior.common.managed);
    const auto after = more_managed(planned);
    for (const auto& [key, value] : after) {
        if (!differs(before, after, key)) continue;
        if (key == configuration_key(planned.spec))
            changes.configuration = true;
        else if (key == module::pgsql::dbsu_key(planned.spec))
            changes.dbsu_password = true;
        else if (planned.spec.standby)
            changes.upstream = true;
        else
            changes.default_objects = true;
    }
    const auto settings = settings_of(planned.spec, call.private_data);
    changes.promotes = prior.spec.standby && !planned.spec.standby;
    // Of a standby cluster it was the upstream's.
    if (changes.promotes || module::pgsql::dbsu_generation(prior.spec) != module::pgsql::dbsu_generation(planned.spec))
        changes.dbsu_password = true;
    changes.waits_for_restart = restarts_now(prior.spec, planned.spec, settings, call.private_data);
    changes.of_members = has_other_parameters(prior.spec, planned.spec);
    // The leader makes the slot of one that comes back to it in its own time.
    changes.awaits_streaming = changes.awaits_streaming || has_other_upstreams(prior.spec, planned.spec);
    if (changes.waits_for_restart || changes.of_members || module::pgsql::any_needs_restart(changes.resets, settings))
        changes.configuration = true;
    changes.settings = changes.configuration;
    const auto ways = ways_through(fleet);
    return module::pgsql::table_of(planned.spec, &ways, changes);
}

void PgClusterResource::more_forecast(const Plan<PgClusterState>& plan, framework::Forecast& forecast) const {
    // Names of packages and folders hold the version: until it is decided, none of the keys is known.
    if (plan.unknown.at("version")) forecast.managed.emplace(unknown_marker("version"), std::nullopt);
    if (plan.prior == nullptr || !forecast.last_change) return;
    const auto settings = settings_of(plan.planned.spec, plan.private_data);
    for (std::string& sentence : module::pgsql::standby_forecast(plan.prior->spec, plan.planned.spec))
        forecast.last_change->push_back(std::move(sentence));
    advise_on_promotion(plan.prior->spec, plan.planned.spec, forecast);
    for (std::string& sentence : module::pgsql::failover_forecast(plan.prior->spec, plan.planned.spec))
        forecast.last_change->push_back(std::move(sentence));
    for (std::string& sentence : module::pgsql::restart_forecast(plan.prior->spec, plan.planned.spec,
                                                                 waiting_members(plan.private_data), settings))
        forecast.last_change->push_back(std::move(sentence));
    const auto drift = repaired_drift(plan.private_data.get("observed"), plan.planned.common);
    for (std::string& sentence : module::pgsql::dbsu_forecast(plan.prior->spec, plan.planned.spec))
        forecast.last_change->push_back(std::move(sentence));
    const auto backups = change_of_backups(plan.prior->spec, plan.prior->common.managed, plan.planned.spec, drift);
    for (std::string& sentence : module::pgsql::backup_forecast(plan.prior->spec, plan.planned.spec, backups))
        forecast.last_change->push_back(std::move(sentence));
    const auto resets = module::pgsql::auto_conf_resets(drift);
    for (std::string& sentence : module::pgsql::auto_conf_forecast(resets, plan.planned.spec.restart, settings))
        forecast.last_change->push_back(std::move(sentence));
    const auto before = to_managed(plan.prior->common.managed);
    const auto after = more_managed(plan.planned);
    for (const auto& [key, value] : after)
        if (key != configuration_key(plan.planned.spec) && key != module::pgsql::dbsu_key(plan.planned.spec) &&
            differs(before, after, key))
            forecast.last_change->push_back("update " + key);
    if (plan.planned.spec.standby && module::pgsql::is_about_upstream(plan.planned.spec, drift))
        forecast.last_change->push_back("put right what " + plan.planned.spec.name + " has at " +
                                        plan.planned.spec.standby->upstream.name + ", and wait until it streams");
    if (module::pgsql::repairs_vip(plan.planned.spec, drift))
        forecast.last_change->push_back("restart vip-manager where " + module::pgsql::vip_host(plan.planned.spec) +
                                        " is astray, so that the leader has it and nobody else");
    if (repairs_of_cluster(plan.prior->spec, drift).dbsu_password)
        forecast.last_change->push_back("give postgres the password back that the members hold");
    if (module::pgsql::repairs_shard(plan.planned.spec, drift))
        forecast.last_change->push_back("write to pg_dist_node whom the coordinator does not know");
    if (module::pgsql::repairs_dcs_login(plan.prior->spec, drift))
        forecast.last_change->push_back("make the user " + plan.planned.spec.name + " of etcd cluster " +
                                        plan.planned.spec.dcs.name + " as it was");
}

}  // namespace pigsty::provider
