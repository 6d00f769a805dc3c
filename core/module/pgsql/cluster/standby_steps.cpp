#include "core/module/pgsql/cluster/standby_steps.h"

#include <array>
#include <map>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "core/base/quote.h"
#include "core/base/text.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/pgsql/spec/settings.h"

namespace pigsty::module::pgsql {
namespace {

using converge::Site;
using converge::StepContext;
using nlohmann::json;

constexpr const char* kDelay = "recovery_min_apply_delay";
constexpr const char* kKey = "standby_cluster";

// PostgreSQL stops replaying where the upstream has more of these.
constexpr const char* kLeastQuery =
    "SELECT json_object_agg(name, setting::bigint) FROM pg_settings WHERE name IN ('max_connections', "
    "'max_locks_per_transaction', 'max_prepared_transactions', 'max_wal_senders', 'max_worker_processes')";

Error refused(std::string path, std::string message, std::string hint) {
    return Error{.code = ErrorCode::invalid, .message = std::move(path) + ": " + std::move(message)}.with_hint(
        std::move(hint));
}

Result<std::string> ask_leader(const PgCluster& cluster, const Members& members, const std::string& query,
                               const Cancel& cancel) {
    TRY(const Reached leader, members.leader(cancel));
    TRY(const auto results,
        leader.node->request({node::RunScript{.text = local_psql(cluster.port) + " -c " + shell_quote(query) + "\n",
                                              .may_fail = true,
                                              .writes = false}},
                             cancel));
    if (results.back().status == 0) return std::string(trimmed(results.back().out));
    return fail(
        Error{.code = ErrorCode::unreachable, .message = leader.name + ": PostgreSQL does not answer"}.with_output(
            results.back().err));
}

double wanted_delay(const PgCluster& cluster) {
    if (!cluster.standby->delay) return 0;
    return Settings(cluster.version).number(kDelay, *cluster.standby->delay).value_or(0);
}

// Up to where the upstream has written; nothing where it cannot be asked.
std::optional<std::string> written_by_upstream(const PgCluster& before, const Ways& ways, StepContext& context) {
    const auto ask = [&]() -> Result<std::string> {
        TRY(const auto session, ways.sessions->of(before.standby->upstream, context.cancel()));
        std::string position;
        TRY_VOID(session->look(
            [&](ClusterSession::Work& work) -> Status {
                TRY(position, work.ask(kDatabase, "SELECT pg_current_wal_flush_lsn()"));
                return {};
            },
            context.cancel()));
        return position;
    };
    auto position = ask();
    if (position) return *std::move(position);
    context.warn(before.name + " was promoted with what it had received: " + before.standby->upstream.name +
                 " could not be asked how far it has written (" + summary(position.error()) + ")");
    return std::nullopt;
}

Status wait_until_applied(const PgCluster& before, const Members& members, const std::string& position, Site& site,
                          StepContext& context) {
    const std::string query =
        "SELECT (pg_last_wal_replay_lsn() >= " + sql_literal(position) + "::pg_lsn) || ' ' || pg_last_wal_replay_lsn()";
    auto waited = context.wait_for(
        {.fact = before.name + " has applied what " + before.standby->upstream.name + " has written (" + position + ")",
         .node = site.node,
         .unit = kPatroniService,
         .logs = patroni_logs()},
        [&]() -> Result<converge::Look> {
            TRY(std::string said, ask_leader(before, members, query, context.cancel()));
            const bool reached = said.starts_with("true");
            return converge::Look{.reached = reached, .moved = std::move(said)};
        });
    if (waited) return {};
    return fail(std::move(waited).error().with_hint(
        "nothing was promoted. Bring back what it streams from, and apply again; to promote without the rest, run "
        "`patronictl -c /etc/patroni/patroni.yml edit-config --force -s standby_cluster=null " +
        before.name + "` on a member, then apply again"));
}

Status wait_until_it_leads(const PgCluster& before, const Members& members, Site& site, StepContext& context) {
    return context.wait_for(
        {.fact = before.name + " takes writes",
         .node = site.node,
         .unit = kPatroniService,
         .logs = patroni_logs(),
         .interval = std::chrono::milliseconds(300)},
        [&]() -> Result<converge::Look> {
            TRY(const std::string said, ask_leader(before, members, "SELECT pg_is_in_recovery()", context.cancel()));
            TRY(const Reached leader, members.leader(context.cancel()));
            TRY(const auto status, members.patroni(leader).status(context.cancel()));
            return converge::Look{.reached = said == "f" && status.leads() && status.role != "standby_leader",
                                  .moved = leader.name + " " + status.role + " " + said};
        });
}

}  // namespace

const char* const kFollowerQuery =
    "SELECT json_build_object('in_recovery', pg_is_in_recovery(), 'streams', (SELECT status = 'streaming' FROM "
    "pg_stat_wal_receiver), 'received', pg_last_wal_receive_lsn(), 'delay', (SELECT setting FROM pg_settings WHERE "
    "name "
    "= 'recovery_min_apply_delay'))";

std::optional<FollowerSeen> read_follower(std::string_view text) {
    const json answer = json::parse(text, nullptr, false);
    if (!answer.is_object() || !answer.value("in_recovery", json()).is_boolean()) return std::nullopt;
    FollowerSeen seen{.in_recovery = answer.at("in_recovery").get<bool>()};
    if (const json streams = answer.value("streams", json()); streams.is_boolean()) seen.streams = streams.get<bool>();
    if (const json received = answer.value("received", json()); received.is_string())
        seen.received = received.get<std::string>();
    if (const json delay = answer.value("delay", json()); delay.is_string())
        seen.delay = Settings(std::nullopt).number(kDelay, delay.get<std::string>()).value_or(0);
    return seen;
}

Result<UpstreamFacts> upstream_facts(const Standby& standby, Sessions& sessions, const Cancel& cancel) {
    const auto named = [&](Error error) {
        error.message = "standby.upstream: " + error.message;
        return fail(std::move(error));
    };
    auto session = sessions.of(standby.upstream, cancel);
    if (!session) return named(std::move(session).error());
    UpstreamFacts facts{.cluster = (*session)->cluster()};
    // A standby of a standby has nothing to ask for, and is refused in words of its own.
    if (facts.cluster.standby) return facts;
    const Status asked = (*session)->look(
        [&](ClusterSession::Work& work) -> Status {
            TRY(const std::string answer, work.ask(kDatabase, kLeastQuery));
            const json least = json::parse(answer, nullptr, false);
            if (!least.is_object())
                return fail(ErrorCode::failed, standby.upstream.name + " does not tell its settings: " + answer);
            facts.least = least.get<std::map<std::string, std::int64_t>>();
            return {};
        },
        cancel);
    if (!asked) return named(asked.error());
    return facts;
}

std::optional<Error> upstream_problem(const PgCluster& cluster, const UpstreamFacts& facts) {
    const PgCluster& upstream = facts.cluster;
    const std::string of_upstream = " as " + upstream.name + " has, whose data it copies; found ";
    if (upstream.standby)
        return refused("standby.upstream",
                       upstream.name + " is a standby cluster itself, of " + upstream.standby->upstream.name,
                       "name that one as the upstream");
    if (upstream.port != cluster.standby->port)
        return refused("standby.port",
                       fmt::format("expected {}, where PostgreSQL of {} listens, found {}", upstream.port,
                                   upstream.name, cluster.standby->port),
                       "set it to the upstream's port");
    const auto same = [&](const char* path, const std::string& there, const std::string& here) -> std::optional<Error> {
        if (there == here) return std::nullopt;
        return refused(path, "expected " + there + of_upstream + here, "set it as in " + upstream.name);
    };
    const auto number = [](std::optional<std::int64_t> value) { return std::to_string(value.value_or(0)); };
    const auto word = [](bool value) { return std::string(value ? "true" : "false"); };
    const std::array<std::optional<Error>, 8> different{
        same("version", number(upstream.version), number(cluster.version)),
        same("ca", upstream.ca.fingerprint, cluster.ca.fingerprint),
        same("ssl", word(upstream.ssl), word(cluster.ssl)),
        same("encoding", upstream.encoding, cluster.encoding),
        same("locale", upstream.locale, cluster.locale),
        same("lc_collate", upstream.lc_collate, cluster.lc_collate),
        same("lc_ctype", upstream.lc_ctype, cluster.lc_ctype),
        same("checksum", word(upstream.checksum), word(cluster.checksum))};
    for (const auto& problem : different)
        if (problem) return problem;
    const auto wanted = wanted_configuration(cluster);
    if (!wanted) return wanted.error();
    const Settings settings(cluster.version);
    const auto& parameters = (*wanted)["postgresql"]["parameters"];
    for (const auto& [name, least] : facts.least) {
        const auto found = parameters.find(name);
        if (found == parameters.end()) continue;
        const std::string text = found->is_string() ? found->template get<std::string>() : found->dump();
        const double here = settings.number(name, text).value_or(0);
        if (here >= static_cast<double>(least)) continue;
        return refused(
            name == "max_connections" ? "max_connections" : "parameters",
            fmt::format("expected {} of {} or more, as {} has, found {}: a standby with less stops replaying", name,
                        least, upstream.name, text),
            name == "max_connections" ? "set max_connections as there"
                                      : fmt::format("set parameters = {{ {} = \"{}\" }}", name, least));
    }
    return std::nullopt;
}

Status wait_for_upstream(const PgCluster& cluster, const Members& members, bool streams, Site& site,
                         StepContext& context) {
    const double delay = wanted_delay(cluster);
    return context.wait_for(
        {.fact = cluster.name + (streams ? " streams from " : " applies as late as it shall what it has of ") +
                 cluster.standby->upstream.name,
         .node = site.node,
         .unit = kPatroniService,
         .logs = patroni_logs(),
         .interval = std::chrono::milliseconds(300)},
        [&]() -> Result<converge::Look> {
            TRY(const std::string said, ask_leader(cluster, members, kFollowerQuery, context.cancel()));
            const auto seen = read_follower(said);
            const bool reached = seen && seen->in_recovery && (seen->streams || !streams) && seen->delay == delay;
            return converge::Look{.reached = reached, .moved = said};
        });
}

Status refuse_promoted(const PgCluster& cluster, const Members& members, const Cancel& cancel) {
    TRY(const json live, members.configuration(cancel));
    if (live.is_object() && live.contains(kKey) && live.at(kKey).is_object()) return {};
    return fail(Error{.code = ErrorCode::conflict,
                      .message = "expected " + cluster.name + " as a standby cluster of " +
                                 cluster.standby->upstream.name +
                                 ", found it promoted: its dynamic configuration has no standby_cluster any more"}
                    .with_hint("remove `standby` to keep what was written since; or destroy the cluster and make it "
                               "anew to follow its upstream again"));
}

Status promote(const PgCluster& before, const Members& members, const Ways& ways, Site& site, StepContext& context) {
    TRY(const auto seen, members.cluster(context.cancel()));
    if (seen.paused)
        return fail(Error{.code = ErrorCode::conflict,
                          .message = before.name + " is paused (maintenance): Patroni promotes nobody"}
                        .with_hint("resume it with `patronictl resume`, then apply again"));
    TRY(const auto patroni, members.patroni_with_login({site.member.name, site.node}, context.cancel()));
    TRY(const json live, patroni.config(context.cancel()));
    // A run that was interrupted, or somebody by hand, has done it.
    if (live.contains(kKey) && live.at(kKey).is_object()) {
        TRY_VOID(context.begin_changes());
        // Applied by a reload: what waits for the delay comes at once.
        if (before.standby->delay) TRY_VOID(patroni.patch_config({{kKey, {{kDelay, "0"}}}}, context.cancel()));
        if (const auto position = written_by_upstream(before, ways, context))
            TRY_VOID(wait_until_applied(before, members, *position, site, context));
        TRY_VOID(patroni.patch_config({{kKey, nullptr}}, context.cancel()));
        context.changed_something(site);
    }
    return wait_until_it_leads(before, members, site, context);
}

std::vector<std::string> standby_forecast(const PgCluster& before, const PgCluster& after) {
    if (!before.standby) return {};
    const std::string& upstream = before.standby->upstream.name;
    if (!after.standby)
        return {"PROMOTE " + after.name + ": once it has applied what " + upstream +
                    " has written by then, it takes writes of its own and follows no more, for good",
                "remove the slot " + standby_slot(before.name) + " and the lines of " + before.name +
                    " in pg_hba.conf from " + upstream};
    if (before.standby->delay == after.standby->delay) return {};
    return {"reload: standby.delay " + before.standby->delay.value_or("none") + " → " +
            after.standby->delay.value_or("none")};
}

}  // namespace pigsty::module::pgsql
