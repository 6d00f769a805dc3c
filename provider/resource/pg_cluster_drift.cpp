// What of a PostgreSQL cluster its items do not show: who serves, what is in SQL and in the dynamic configuration.

#include <future>
#include <map>
#include <set>

#include "core/base/contained.h"
#include "core/module/pgsql/cluster/auto_conf.h"
#include "core/module/pgsql/cluster/dbsu.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/cluster/live_settings.h"
#include "core/module/pgsql/cluster/serving.h"
#include "core/module/pgsql/cluster/vip.h"
#include "core/module/pgsql/object/default_objects.h"
#include "core/module/pgsql/object/default_pool.h"
#include "core/module/pgsql/session/dcs_login.h"
#include "core/module/pgsql/spec/layout.h"
#include "provider/resource/pg_cluster.h"
#include "provider/resource/pg_cluster_backups.h"
#include "provider/resource/pg_cluster_citus.h"
#include "provider/resource/pg_cluster_settings.h"
#include "provider/resource/pg_cluster_standby.h"
#include "provider/resource/waiting_members.h"

namespace pigsty::provider {
namespace {

using module::pgsql::ClusterSession;
using module::pgsql::PgCluster;
using module::pgsql::Serving;
using Sentences = std::vector<std::string>;

void append(Sentences& sentences, const Sentences& more) {
    sentences.insert(sentences.end(), more.begin(), more.end());
}

struct OnMachines {
    Sentences sentences;
    std::map<std::string, std::string> without_data;  // sentences by member
    std::set<std::string> without_patroni;            // members
};

// Part of what the run has just looked at: answered from memory.
Result<OnMachines> look_at_machines(const PgCluster& cluster, const converge::Run& run, const Cancel& cancel) {
    OnMachines found;
    for (const auto& site : run.sites()) {
        TRY(const auto seen, site->node->observe({module::pgsql::auto_conf_probe(),
                                                  module::pgsql::data_folder_probe(),
                                                  {node::ProbeKind::unit, module::pgsql::kPatroniService}},
                                                 cancel));
        append(found.sentences, module::pgsql::auto_conf_drift(cluster, site->member, seen));
        if (auto missing = module::pgsql::data_folder_drift(site->member, seen))
            found.without_data.emplace(site->member.name, *std::move(missing));
        if (seen.unit(module::pgsql::kPatroniService).active != "active")
            found.without_patroni.insert(site->member.name);
    }
    return found;
}

// Whether the cluster's own user of etcd logs in and may use its keys.
Result<Sentences> look_at_dcs_login(const PgCluster& cluster, const converge::Run& run, const Cancel& cancel) {
    for (const auto& site : run.sites()) {
        if (site->member.number != module::pgsql::dcs_login_member(cluster)) continue;
        const node::Probe probe = module::pgsql::dcs_login_probe(cluster);
        TRY(const auto seen, site->node->observe({probe}, cancel));
        return module::pgsql::dcs_login_drift(cluster, module::pgsql::dcs_login(seen.command(probe.key)));
    }
    return Sentences();
}

// Why the leader cannot be asked: there is none, or its machine or its server is silent.
std::optional<Error> no_leader(const PgCluster& cluster, const Serving& serving, const converge::Run& run,
                               const Cancel& cancel) {
    if (serving.moment.patroni.leader() != nullptr) return serving.leader_silent;
    return module::pgsql::with_dcs_cause(
        Error{.code = ErrorCode::unreachable, .message = "no member of " + cluster.name + " leads"}, cluster,
        *run.sites().front()->node, cancel);
}

// What Patroni says of members that do not serve: it moves, so it is no part of `drift`.
void warn_of_members(const PgCluster& cluster, const Serving& serving, const std::optional<Error>& no_leader,
                     framework::Diagnostics& diagnostics) {
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
    if (!text.empty()) diagnostics.add_warning(cluster.name + ": not every member serves", text);
    if (!patroni.paused) return;
    diagnostics.add_warning(cluster.name + " is paused",
                            "Patroni is in maintenance mode: it neither fails over nor starts PostgreSQL. Until "
                            "`patronictl resume`, only SQL objects and reloads are changed.");
}

// Default objects and the dynamic configuration; in private data what the server's libraries add to its settings, and who
// waits for a restart. Where the leader leaves meanwhile, both are as they were last seen.
Result<Sentences> look_at_leader(const PgCluster& cluster, ClusterSession& session,
                                 const module::pgsql::Members& members, const client::PatroniCluster& patroni,
                                 node::Node& node, Call& call) {
    TRY(const auto wanted, module::pgsql::wanted_configuration(cluster));
    session.remember_leader(members, patroni);
    // Patroni answers while SQL is asked.
    auto configuration =
        std::async(std::launch::async, [&] { return contained([&] { return members.configuration(call.cancel); }); });
    Sentences sentences;
    module::pgsql::Fragments pool;
    const Status looked = session.look(
        [&](ClusterSession::Work& work) -> Status {
            TRY(const auto server, module::pgsql::server_settings(work));
            note_extension_settings(call.private_data, server.of_extensions);
            note_waiting(call.private_data, waiting_in(patroni, server.waiting));
            // A standby cluster's come from its upstream.
            if (cluster.standby) return {};
            TRY(sentences, module::pgsql::default_object_drift(cluster, work));
            TRY(const auto password, module::pgsql::dbsu_drift(cluster, work, node));
            append(sentences, password);
            TRY(const module::pgsql::Catalog* const catalog, work.catalog());
            TRY(pool, module::pgsql::default_fragments(cluster, nullptr, *catalog));
            return {};
        },
        call.cancel);
    if (!looked) {
        if (!session.leaderless() && !converge::is_silence(looked.error())) return fail(looked.error());
        return sentences;
    }
    TRY(const auto pooled, module::pgsql::fragment_drift(session, pool, call.cancel));
    for (const std::string& sentence : pooled) sentences.push_back(cluster.name + " default roles: " + sentence);
    TRY(const auto live, configuration.get());
    append(sentences,
           module::pgsql::configuration_drift(cluster.name, wanted, live, settings_of(cluster, call.private_data)));
    return sentences;
}

}  // namespace

Result<Sentences> PgClusterResource::more_drift(const PgClusterState& state, const converge::Run& run,
                                                Call& call) const {
    const PgCluster& cluster = state.spec;
    TRY(OnMachines machines, look_at_machines(cluster, run, call.cancel));
    Sentences sentences = std::move(machines.sentences);
    TRY(const auto login, look_at_dcs_login(cluster, run, call.cancel));
    append(sentences, login);
    TRY(const auto backups, look_at_backups(cluster, run, call));
    append(sentences, backups);
    const auto session = call.provider<Fleet>()->sessions->of(
        cluster, module::pgsql::connection_of(cluster, state.common.id), module::pgsql::known_identifier(run.sites()));
    const auto members = session->members(call.cancel);
    // Who answers is reported by the run; without Patroni there is nothing to compare.
    if (!members || run.sites().empty()) return sentences;

    // What the last refresh said needs no second look, nor does a member whose Patroni does not run.
    std::set<std::string> conclusive = machines.without_patroni;
    conclusive.insert(state.common.drift.begin(), state.common.drift.end());
    const auto serving = module::pgsql::look_at_serving(*session, *members, conclusive, call.cancel);
    TRY_VOID(call.cancel.check("looking at " + cluster.name));
    for (const auto& [member, sentence] : machines.without_data) {
        // One that streams has its data again: it was being copied when we looked.
        const bool streams = serving && serving->moment.streaming && serving->moment.streaming->contains(member);
        if (!streams) sentences.push_back(sentence);
    }
    if (!serving) {
        sentences.push_back(cluster.name + " patroni: no member answers");
        return sentences;
    }
    append(sentences, serving->sentences);
    const std::optional<Error> leaderless = no_leader(cluster, *serving, run, call.cancel);
    warn_of_members(cluster, *serving, leaderless, call.diagnostics);
    note_waiting(call.private_data, waiting_in(serving->moment.patroni, {}));
    // Nothing of the rest can be looked at, and etcd may be the cause: its own repair must not wait for us.
    if (leaderless) return sentences;
    TRY(const auto astray, module::pgsql::vip_drift(cluster, *members, conclusive, call.cancel));
    append(sentences, astray);
    TRY(const auto upstream, look_at_standby(cluster, *session, conclusive, call));
    append(sentences, upstream);
    TRY(const auto on_leader,
        look_at_leader(cluster, *session, *members, serving->moment.patroni, *run.sites().front()->node, call));
    append(sentences, on_leader);
    TRY(const auto shard, look_at_shard(cluster, run, *session, conclusive, call));
    append(sentences, shard);
    return sentences;
}

}  // namespace pigsty::provider
