#include "core/module/pgsql/cluster/shard.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/number.h"
#include "core/base/quote.h"
#include "core/base/text.h"
#include "core/item/reservation.h"
#include "core/module/etcd/administration.h"
#include "core/module/pgsql/cluster/dbsu.h"
#include "core/module/pgsql/session/dcs_login.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/secrets.h"
#include "core/render/patroni.h"
#include "core/render/role.h"

namespace pigsty::module::pgsql {
namespace {

using converge::Look;
using converge::Site;
using converge::StepContext;
using nlohmann::json;
using Work = ClusterSession::Work;

// How long a coordinator may take to be gone, where both are destroyed side by side.
constexpr auto kGoesAsWell = std::chrono::seconds(30);
// psql could not connect, as its manual says.
constexpr int kNoConnection = 2;

std::string head_of_shard(const PgCluster& cluster) { return cluster.name + " citus: "; }

std::string host_and_port(const GroupLeader& leader) { return fmt::format("{}:{}", leader.host, leader.port); }

// "postgres://10.10.10.12:5432/postgres"
std::optional<GroupLeader> leader_at(std::string_view conn_url) {
    const std::size_t scheme = conn_url.find("://");
    if (scheme == std::string_view::npos) return std::nullopt;
    std::string_view place = conn_url.substr(scheme + 3);
    place = place.substr(0, place.find('/'));
    const std::size_t colon = place.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = number_in(place.substr(colon + 1));
    if (!port) return std::nullopt;
    return GroupLeader{.host = std::string(place.substr(0, colon)), .port = *port};
}

Result<GroupLeaders> leaders_of(const PgCluster& cluster, const Ways& ways, const Cancel& cancel) {
    TRY(const client::Etcd etcd, etcd::administrator(cluster.dcs, ways.connect, cancel));
    TRY(const auto keys, etcd.values(dcs_scope_prefix(cluster), cancel));
    return group_leaders(keys, dcs_scope_prefix(cluster));
}

// sh, on a member of a worker, as groups log in to each other: SQL in the coordinator's distributed database. The password is
// on no command line.
std::string ask_coordinator_script(const PgCluster& cluster, const GroupLeader& coordinator, const std::string& sql) {
    const std::string secret = node::secrets_folder(secret_scope(cluster)) + "/" + kDbsuSecret;
    const std::string tls =
        cluster.ssl ? std::string("sslmode=verify-ca sslrootcert=") + render::kCaCertificate : "sslmode=prefer";
    return "cd /\n[ -e " + shell_quote(secret) + " ] || exit 0\nPGPASSWORD=$(tail -n +2 " + shell_quote(secret) +
           ")\nexport PGPASSWORD\nexec runuser -u postgres -- " + "psql -XAtq -v ON_ERROR_STOP=1 -c " +
           shell_quote(sql) + " " +
           shell_quote(fmt::format("host={} port={} user={} dbname={} connect_timeout=5 {}", coordinator.host,
                                   coordinator.port, render::kSuperuser, cluster.citus->database, tls)) +
           "\n";
}

std::string forget_sql(std::int64_t group) {
    return fmt::format(
        "DO $$ DECLARE node record; BEGIN "
        "FOR node IN SELECT nodename, nodeport FROM pg_catalog.pg_dist_node WHERE groupid = {} ORDER BY noderole DESC "
        "LOOP PERFORM pg_catalog.citus_remove_node(node.nodename, node.nodeport); END LOOP; END $$",
        group);
}

// The coordinator is asked by the worker itself: that proves that they can log in.
Status wait_to_be_known(const PgCluster& cluster, const Ways& ways, Site& site, StepContext& context) {
    const std::int64_t group = cluster.citus->group;
    std::string said;
    auto waited = context.wait_for(
        {.fact = fmt::format("the coordinator of {} knows group {}", cluster.citus->shard, group),
         .node = site.node,
         .interval = std::chrono::seconds(1)},
        [&]() -> Result<Look> {
            TRY(const GroupLeaders leaders, leaders_of(cluster, ways, context.cancel()));
            const auto coordinator = leaders.find(kCoordinatorGroup);
            if (coordinator == leaders.end()) return Look{.reached = true};
            const auto own = leaders.find(group);
            if (own == leaders.end()) return Look{.moved = "no leader"};
            const std::string script = ask_coordinator_script(cluster, coordinator->second, dist_node_query());
            TRY(const auto results,
                site.node->request({node::RunScript{.text = script, .may_fail = true, .writes = false}},
                                   context.cancel()));
            said = std::string(trimmed(results.back().err));
            if (results.back().status != 0) return Look{.moved = said};
            TRY(const DistNodes nodes, parse_dist_nodes(results.back().out));
            return Look{.reached = missing_in(nodes, {*own}).empty(), .moved = {}};
        });
    if (waited) return {};
    Error error = std::move(waited).error();
    if (!said.empty()) error.output += said;
    return fail(std::move(error).with_hint(
        "groups log in to each other as postgres, with dbsu_password: hba_rules of all groups let it in from the other "
        "groups' addresses, and all groups have the same password"));
}

Status add_missing(const PgCluster& cluster, const GroupLeaders& leaders, Work& work, StepContext& context) {
    const std::string& database = cluster.citus->database;
    TRY(const std::string answer, work.ask(database, dist_node_query()));
    TRY(const DistNodes nodes, parse_dist_nodes(answer));
    Statements statements;
    for (const auto& [group, leader] : missing_in(nodes, leaders)) {
        const std::string at = sql_literal(leader.host) + ", " + std::to_string(leader.port);
        const auto known = nodes.find(group);
        if (known != nodes.end())
            statements.push_back({.text = fmt::format("SELECT pg_catalog.citus_update_node({}, {}, true, 10000)",
                                                      known->second.id, at)});
        else if (group == kCoordinatorGroup)
            statements.push_back(
                {.text = fmt::format("SELECT pg_catalog.citus_set_coordinator_host({}, 'primary', 'default')", at)});
        else
            statements.push_back(
                {.text = fmt::format("SELECT pg_catalog.citus_add_node({}, {}, 'primary', 'default')", at, group)});
    }
    if (statements.empty()) return {};
    TRY_VOID(context.begin_changes());
    return work.run(database, statements);
}

Status wait_until_all_are_known(const PgCluster& cluster, const Ways& ways, ClusterSession& session, bool repairs,
                                Site& site, StepContext& context) {
    return context.wait_for({.fact = cluster.name + " knows all groups of " + cluster.citus->shard,
                             .node = site.node,
                             .unit = kPatroniService,
                             .logs = patroni_logs(),
                             .interval = std::chrono::seconds(1)},
                            [&]() -> Result<Look> {
                                TRY(const GroupLeaders leaders, leaders_of(cluster, ways, context.cancel()));
                                GroupLeaders missing;
                                TRY_VOID(session.look(
                                    [&](Work& work) -> Status {
                                        if (repairs) TRY_VOID(add_missing(cluster, leaders, work, context));
                                        TRY(const std::string answer,
                                            work.ask(cluster.citus->database, dist_node_query()));
                                        TRY(const DistNodes nodes, parse_dist_nodes(answer));
                                        missing = missing_in(nodes, leaders);
                                        return {};
                                    },
                                    context.cancel()));
                                std::string moved;
                                for (const auto& [group, leader] : missing) moved += fmt::format("group {} ", group);
                                return Look{.reached = missing.empty(), .moved = std::move(moved)};
                            });
}

// Destroyed together, the coordinator stops within seconds.
bool coordinator_goes(const PgCluster& cluster, const Ways& ways, const Cancel& cancel) {
    const Cancel bound = cancel.within_at_most(kGoesAsWell);
    while (true) {
        const auto leaders = leaders_of(cluster, ways, cancel);
        if (!leaders || !leaders->contains(kCoordinatorGroup)) return true;
        if (!bound.pause(std::chrono::seconds(1))) return false;
    }
}

}  // namespace

GroupLeaders group_leaders(const std::map<std::string, std::string>& keys, const std::string& prefix) {
    GroupLeaders leaders;
    for (const auto& [key, name] : keys) {
        if (!key.starts_with(prefix) || !key.ends_with("/leader")) continue;
        const std::string group_text = key.substr(prefix.size(), key.size() - prefix.size() - sizeof("/leader") + 1);
        const auto group = number_in(group_text);
        const auto member = keys.find(prefix + group_text + "/members/" + name);
        if (!group || member == keys.end()) continue;
        const json said = json::parse(member->second, nullptr, false);
        if (!said.is_object() || said.value("state", "") != "running") continue;
        const std::string role = said.value("role", "");
        if (role != "primary" && role != "master") continue;
        if (auto leader = leader_at(said.value("conn_url", ""))) leaders.emplace(*group, *std::move(leader));
    }
    return leaders;
}

std::string dist_node_query() {
    return "SELECT coalesce(json_agg(json_build_object('group', groupid, 'id', nodeid, 'host', nodename, 'port', "
           "nodeport)), '[]') FROM pg_catalog.pg_dist_node WHERE noderole = 'primary'";
}

Result<DistNodes> parse_dist_nodes(std::string_view answer) {
    const json rows = json::parse(answer, nullptr, false);
    if (!rows.is_array())
        return fail(Error{.code = ErrorCode::failed, .message = "expected rows of pg_dist_node"}.with_output(
            std::string(answer.substr(0, 200))));
    DistNodes nodes;
    for (const auto& row : rows)
        nodes[row.value("group", std::int64_t{-1})] = {
            .id = row.value("id", std::int64_t{0}),
            .at = {.host = row.value("host", ""), .port = row.value("port", std::int64_t{0})}};
    return nodes;
}

GroupLeaders missing_in(const DistNodes& nodes, const GroupLeaders& leaders) {
    GroupLeaders missing;
    for (const auto& [group, leader] : leaders) {
        const auto known = nodes.find(group);
        if (known == nodes.end() || known->second.at != leader) missing.emplace(group, leader);
    }
    return missing;
}

std::vector<std::string> shard_sentences(const PgCluster& cluster, const GroupLeaders& missing) {
    std::vector<std::string> sentences;
    // Without the address, which moves while a group fails over.
    for (const auto& [group, leader] : missing)
        sentences.push_back(head_of_shard(cluster) + fmt::format("pg_dist_node lacks the leader of group {}", group));
    return sentences;
}

bool repairs_shard(const PgCluster& cluster, const std::vector<std::string>& drift) {
    return std::ranges::any_of(
        drift, [&](const std::string& sentence) { return sentence.starts_with(head_of_shard(cluster)); });
}

node::Probe shard_probe(const PgCluster& coordinator) {
    return {node::ProbeKind::command, dcs_environment(coordinator) +
                                          "etcdctl --dial-timeout=5s --command-timeout=5s get --prefix -w json -- " +
                                          shell_quote(dcs_scope_prefix(coordinator)) + " 2>/dev/null || true\n"};
}

item::ItemPtr shard_item(const PgCluster& coordinator) {
    return std::make_shared<item::ReservationItem>("groups of the shard", node::Probes{shard_probe(coordinator)});
}

Status check_place_in_shard(const PgCluster& cluster, const node::Connect& connect, const Cancel& cancel) {
    if (!cluster.citus) return {};
    TRY(const client::Etcd etcd, etcd::administrator(cluster.dcs, connect, cancel));
    TRY(const auto keys, etcd.values(dcs_scope_prefix(cluster), cancel));
    const std::string& shard = cluster.citus->shard;
    if (keys.contains(dcs_scope_prefix(cluster) + "config"))
        return fail(Error{.code = ErrorCode::conflict,
                          .message = fmt::format("citus.shard: etcd cluster {} holds a cluster without groups that is "
                                                 "called {}",
                                                 cluster.dcs.name, shard)}
                        .with_hint("give the shard another name, or other groups another patroni.namespace"));
    const auto config = keys.find(dcs_prefix(cluster) + "config");
    if (config == keys.end()) return {};
    const json held = json::parse(config->second, nullptr, false);
    const std::string by = held.is_object() ? held.value("pg_cluster", "") : "";
    if (by == cluster.name) return {};
    return fail(Error{.code = ErrorCode::conflict,
                      .message = fmt::format("citus.group: group {} of shard {} is {} already", cluster.citus->group,
                                             shard, by.empty() ? "another cluster" : by)}
                    .with_hint("each group is one cluster: give this one another number"));
}

Status join_shard(const PgCluster& cluster, const Ways& ways, ClusterSession& session, bool repairs, Site& site,
                  StepContext& context) {
    return is_coordinator(cluster) ? wait_until_all_are_known(cluster, ways, session, repairs, site, context)
                                   : wait_to_be_known(cluster, ways, site, context);
}

Status leave_shard(const PgCluster& cluster, const Ways& ways, Leaving leaving, Site& site, StepContext& context) {
    const std::int64_t group = cluster.citus->group;
    const auto leaders = leaders_of(cluster, ways, context.cancel());
    TRY_VOID(context.cancel().check("leaving " + cluster.citus->shard));
    if (!leaders) return {};  // without etcd nobody leads, and its keys are spoken of elsewhere
    const auto coordinator = leaders->find(kCoordinatorGroup);
    if (coordinator == leaders->end()) return {};
    const std::string script = ask_coordinator_script(cluster, coordinator->second, forget_sql(group));
    TRY_VOID(context.begin_changes());
    TRY(const auto results,
        site.node->request({node::RunScript{.text = script, .may_fail = true, .writes = false}}, context.cancel()));
    const node::OperationResult& result = results.back();
    if (result.status == 0) return {};
    if (coordinator_goes(cluster, ways, context.cancel())) return {};
    TRY_VOID(context.cancel().check("leaving " + cluster.citus->shard));
    const std::string stays =
        fmt::format("the coordinator of {} does not forget group {}", cluster.citus->shard, group);
    if (leaving == Leaving::alive && result.status != kNoConnection)
        return fail(Error{.code = ErrorCode::conflict, .message = stays + "; nothing was removed"}
                        .at_host(coordinator->second.host)
                        .with_output(result.err)
                        .with_hint(fmt::format("move its shards away first (SELECT citus_drain_node('{}', {}) on the "
                                               "coordinator), or destroy the coordinator, {}, in the same run",
                                               leaders->contains(group) ? leaders->at(group).host : "HOST",
                                               leaders->contains(group) ? leaders->at(group).port : cluster.port,
                                               host_and_port(coordinator->second))));
    context.warn(stays + ": its rows stay in pg_dist_node (" + std::string(trimmed(result.err)) + ")");
    return {};
}

}  // namespace pigsty::module::pgsql
