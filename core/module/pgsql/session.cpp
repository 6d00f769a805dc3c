#include "core/module/pgsql/session.h"

#include <algorithm>

#include "core/module/pgsql/dcs_login.h"
#include "core/module/pgsql/table.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {
namespace {

// Contents of this many databases are kept connected at a time.
constexpr std::size_t kMaxConnections = 4;

// The authority's certificate as the member itself has it: what its Patroni shows was signed by that.
Result<std::string> authority_of(node::Node& node, const Cancel& cancel) {
    TRY(const node::Observation seen, node.observe({{node::ProbeKind::text, render::kCaCertificate}}, cancel));
    return seen.text(render::kCaCertificate).value_or("");
}

}  // namespace

ClusterSession::ClusterSession(PgCluster cluster, std::string system_identifier, Connection connection,
                               node::Connect connect)
    : cluster_(std::move(cluster)),
      system_identifier_(std::move(system_identifier)),
      where_(std::move(connection)),
      connect_(std::move(connect)) {}

ClusterCounters ClusterSession::counters() const {
    const std::lock_guard lock(mutex_);
    ClusterCounters counters = counters_;
    for (const auto& [database, connection] : connections_) counters.statements += connection->statements_sent();
    counters.patroni_gets = *patroni_gets_;
    return counters;
}

std::vector<Reached> ClusterSession::reach_members(const Cancel& cancel) const {
    std::vector<Reached> members;
    for (const auto& [number, instance] : cluster_.instances)
        if (auto node = connect_(instance.node, cancel, node::Reach::read))
            members.push_back({member_name(cluster_, number), std::move(*node)});
    return members;
}

Result<Members> ClusterSession::members(const Cancel& cancel) const {
    auto all = reach_members(cancel);
    if (all.empty()) return fail(ErrorCode::unreachable, "no machine of " + cluster_.name + " answers");
    std::string ca_pem;
    if (cluster_.ssl) {
        TRY(ca_pem, authority_of(*all.front().node, cancel));
    }
    return Members(cluster_, std::move(all), std::move(ca_pem), patroni_gets_);
}

void ClusterSession::remember_leader(const Members& members, const client::PatroniCluster& seen) {
    auto leader = members.leader_in(seen);
    const std::lock_guard lock(mutex_);
    if (leader && !leader_) leader_ = *std::move(leader);
}

Status ClusterSession::find_leader(const Cancel& cancel) {
    TRY(const Members all, members(cancel));
    auto leader = all.leader(cancel);
    if (!leader) return fail(nobody_leads(std::move(leader).error(), *all.all().front().node, cancel));
    leader_ = *std::move(leader);
    return {};
}

Error ClusterSession::nobody_leads(Error error, node::Node& node, const Cancel& cancel) {
    leaderless_ = with_dcs_cause(std::move(error), cluster_, node, cancel);
    leaderless_at_ = Cancel::Clock::now();
    return *leaderless_;
}

std::optional<Error> ClusterSession::leaderless() const {
    const std::lock_guard lock(mutex_);
    const bool is_recent = Cancel::Clock::now() - leaderless_at_ < std::chrono::seconds(30);
    return leaderless_ && is_recent ? leaderless_ : std::nullopt;
}

void ClusterSession::drop_connections() {
    for (const auto& [database, connection] : connections_) counters_.statements += connection->statements_sent();
    connections_.clear();
    leader_.reset();
    catalog_.reset();
    contents_.clear();
}

Result<client::Postgres*> ClusterSession::postgres(const std::string& database, const Cancel& cancel) {
    if (const auto found = connections_.find(database); found != connections_.end()) return found->second.get();
    if (!leader_) TRY_VOID(find_leader(cancel));
    if (connections_.size() >= kMaxConnections)
        leave(std::ranges::find_if(connections_, [](const auto& entry) { return entry.first != kDatabase; })->first);
    TRY(auto connection,
        client::Postgres::connect({.node = leader_->node, .port = cluster_.port, .database = database}, cancel));
    ++counters_.connections;
    if (database == kDatabase) {
        TRY(const std::string proof,
            connection->value("SELECT pg_is_in_recovery() || ' ' || system_identifier FROM pg_control_system()",
                              cancel));
        if (proof.starts_with("true")) {
            Error error{.code = ErrorCode::unreachable,
                        .message = "Patroni names " + leader_->name + " as the leader of " + cluster_.name +
                                   ", and its PostgreSQL is in recovery"};
            error.with_hint("a failover is under way: apply again in a moment");
            return fail(nobody_leads(std::move(error), *leader_->node, cancel));
        }
        const std::string identifier = proof.substr(proof.find(' ') + 1);
        if (!system_identifier_.empty() && identifier != system_identifier_) {
            return fail(Error{.code = ErrorCode::conflict,
                              .message = "expected the PostgreSQL cluster with system identifier " +
                                         system_identifier_ + ", found " + identifier}
                            .at_host(leader_->name));
        }
        leaderless_.reset();
    }
    client::Postgres* plain = connection.get();
    connections_[database] = std::move(connection);
    return plain;
}

void ClusterSession::leave(const std::string& database) {
    const auto found = connections_.find(database);
    if (found == connections_.end()) return;
    counters_.statements += found->second->statements_sent();
    connections_.erase(found);
}

Status ClusterSession::work(const std::function<Status(Work&)>& body, const Cancel& cancel) {
    Work work(*this, cancel);
    Status status = body(work);
    if (!status)
        drop_connections();  // the snapshot may be wrong now, and a broken connection is of no use to the next one
    return status;
}

Status ClusterSession::look(const std::function<Status(Work&)>& body, const Cancel& cancel) {
    const std::lock_guard lock(mutex_);
    const bool connected = !connections_.empty();
    Status status = work(body, cancel);
    // What was connected and broke, or leads no more, says nothing about who leads now.
    if (!status && connected && status.error().code == ErrorCode::unreachable) status = work(body, cancel);
    return status;
}

Status ClusterSession::change(const std::function<Status(Work&)>& body, const Cancel& cancel) {
    return look(body, cancel);
}

Result<Catalog*> ClusterSession::Work::catalog() {
    if (session_.catalog_) return &*session_.catalog_;
    TRY(client::Postgres* const postgres, session_.postgres(kDatabase, cancel_));
    TRY(const std::string answer, postgres->value(catalog_query(), cancel_));
    TRY(Catalog catalog, parse_catalog(answer));
    if (catalog.has_claims) {
        TRY(const std::string claims, postgres->value(claims_query(), cancel_));
        TRY(catalog.claims, parse_claims(claims));
    }
    session_.catalog_ = std::move(catalog);
    return &*session_.catalog_;
}

Result<DatabaseContents*> ClusterSession::Work::contents(const std::string& database) {
    if (const auto found = session_.contents_.find(database); found != session_.contents_.end()) return &found->second;
    TRY(client::Postgres* const postgres, session_.postgres(database, cancel_));
    TRY(const std::string answer, postgres->value(contents_query(), cancel_));
    TRY(session_.contents_[database], parse_contents(answer));
    return &session_.contents_[database];
}

Status ClusterSession::Work::run(const std::string& database, const Statements& statements, client::Commit commit) {
    if (statements.empty()) return {};
    TRY(client::Postgres* const postgres, session_.postgres(database, cancel_));
    std::vector<client::Sql> sql;
    for (const Statement& statement : statements)
        sql.push_back({statement.text, statement.secret ? statement.shown : ""});
    return postgres->transaction(sql, cancel_, commit);
}

Status ClusterSession::Work::run_alone(const Statement& statement) {
    TRY(client::Postgres* const postgres, session_.postgres(kDatabase, cancel_));
    return postgres->statement({statement.text, statement.secret ? statement.shown : ""}, cancel_);
}

Result<std::string> ClusterSession::Work::ask(const std::string& database, const std::string& query) {
    TRY(client::Postgres* const postgres, session_.postgres(database, cancel_));
    return postgres->value(query, cancel_);
}

void ClusterSession::Work::leave(const std::string& database) { session_.leave(database); }

void ClusterSession::Work::forget() {
    session_.catalog_.reset();
    session_.contents_.clear();
}

void ClusterSession::Work::forget_contents(const std::string& database) { session_.contents_.erase(database); }

Result<std::shared_ptr<ClusterSession>> Sessions::find(const Connection& connection, const Cancel& cancel) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = sessions_.find(connection.name);
        if (found != sessions_.end() && found->second->id() == connection.id) return found->second;
    }
    if (connection.members.empty()) return fail(ErrorCode::invalid, "`cluster` names no members of " + connection.name);
    std::optional<Error> last;
    for (const auto& [number, address] : connection.members) {
        auto node = connect_(address, cancel, node::Reach::read);
        if (!node) {
            last = std::move(node).error();
            continue;
        }
        if (auto readable = (*node)->check_claim(kKind, connection.name); !readable) {
            last = std::move(readable).error();  // another member may have it whole
            continue;
        }
        const auto claim = (*node)->claim(kKind, connection.name);
        if (!claim || claim->id != connection.id) continue;
        TRY(PgCluster cluster, pg_cluster_from_json(claim->spec));
        const std::string identifier = claim->facts.is_object() ? claim->facts.value("system_identifier", "") : "";
        const std::lock_guard lock(mutex_);
        auto& session = sessions_[connection.name];
        if (!session || session->id() != connection.id)
            session = std::make_shared<ClusterSession>(std::move(cluster), identifier, connection, connect_);
        return session;
    }
    if (last) return fail(std::move(*last));
    return std::shared_ptr<ClusterSession>();
}

Result<std::shared_ptr<ClusterSession>> Sessions::of(const Connection& connection, const Cancel& cancel) {
    TRY(auto session, find(connection, cancel));
    if (session) return session;
    return fail(Error{.code = ErrorCode::conflict,
                      .message = "expected the PostgreSQL cluster " + connection.name + " (" + connection.id + ") at " +
                                 connection.members.begin()->second.address +
                                 ", found no claim of it on any of its members"}
                    .with_hint("plan again: the cluster was removed or made anew since"));
}

std::map<std::string, ClusterCounters> Sessions::counters() const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, ClusterCounters> counters;
    for (const auto& [name, session] : sessions_) counters[name] = session->counters();
    return counters;
}

std::shared_ptr<ClusterSession> Sessions::of(const PgCluster& cluster, const Connection& connection) {
    const std::lock_guard lock(mutex_);
    auto& session = sessions_[cluster.name];
    // The specification may have changed since (another port after an update): what is written with it must not be old.
    if (!session || !(session->cluster() == cluster))
        session = std::make_shared<ClusterSession>(cluster, "", connection, connect_);
    return session;
}

}  // namespace pigsty::module::pgsql
