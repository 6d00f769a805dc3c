#include "core/module/pgsql/session/session.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/module/pgsql/session/dcs_login.h"
#include "core/module/pgsql/session/writer_lock.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/pgsql/spec/reach.h"
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

// What a snapshot leads to that another process has made an old one since: there is one already, there is none any more,
// somebody else's row came first.
bool is_stale(std::string_view sql_state) {
    static constexpr std::array<std::string_view, 6> kStates{"42710", "42P04", "42704", "3D000", "23505", "42P06"};
    return std::ranges::find(kStates, sql_state) != kStates.end();
}

Error said_by(Error error, const std::string& holder) {
    error.message = "waiting for the turn to write in this cluster, which " + holder + " has: " + error.message;
    return error;
}

}  // namespace

std::string identifier_in(const nlohmann::json& facts) {
    return facts.is_object() ? facts.value("system_identifier", "") : "";
}

std::string known_identifier(const std::vector<std::shared_ptr<converge::Site>>& sites) {
    for (const auto& site : sites)
        if (site->claim)
            if (std::string identifier = identifier_in(site->claim->facts); !identifier.empty()) return identifier;
    return {};
}

bool is_asked_first(const node::Node& node) {
    return std::ranges::any_of(node.claims(), [&](const node::Claim& claim) {
        if (claim.kind != kKind) return false;
        const auto cluster = pg_cluster_from_json(claim.spec);
        return cluster && !cluster->instances.empty() &&
               cluster->instances.begin()->second.node.address == node.address().address;
    });
}

ClusterSession::ClusterSession(PgCluster cluster, std::string system_identifier, Connection connection,
                               node::Connect connect, std::string run_id)
    : cluster_(std::move(cluster)),
      system_identifier_(std::move(system_identifier)),
      where_(std::move(connection)),
      connect_(std::move(connect)),
      run_id_(std::move(run_id)) {}

ClusterCounters ClusterSession::counters() const {
    const std::lock_guard lock(mutex_);
    ClusterCounters counters = counters_;
    for (const auto& [database, connection] : connections_) counters.statements += connection->statements_sent();
    counters.patroni_gets = *patroni_gets_;
    return counters;
}

void ClusterSession::count(const PoolCounters& more) {
    const std::lock_guard lock(mutex_);
    counters_.pool.list_writes += more.list_writes;
    counters_.pool.reloads += more.reloads;
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
    if (rest_ssl(cluster_)) {
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
    has_turn_ = false;
    leader_.reset();
    catalog_.reset();
    contents_.clear();
}

Status ClusterSession::prove(client::Postgres& postgres, const Cancel& cancel) {
    if (system_identifier_.empty()) {
        return fail(Error{.code = ErrorCode::conflict,
                          .message = "expected the system identifier in the claim of the PostgreSQL cluster " +
                                     cluster_.name + ", found none: its create has not come to a leader yet"}
                        .with_hint("apply the cluster first"));
    }
    TRY(const std::string proof,
        postgres.value("SELECT pg_is_in_recovery() || ' ' || system_identifier FROM pg_control_system()", cancel));
    // Of a standby cluster the leader follows somebody, too; one that was promoted by hand is seen as it is.
    if (proof.starts_with("true") && !cluster_.standby) {
        Error error{.code = ErrorCode::unreachable,
                    .message = "Patroni names " + leader_->name + " as the leader of " + cluster_.name +
                               ", and its PostgreSQL is in recovery"};
        error.with_hint("a failover is under way: apply again in a moment");
        return fail(nobody_leads(std::move(error), *leader_->node, cancel));
    }
    leaderless_.reset();
    const std::string identifier = proof.substr(proof.find(' ') + 1);
    if (identifier == system_identifier_) return {};
    return fail(Error{.code = ErrorCode::conflict,
                      .message = "expected the PostgreSQL cluster with system identifier " + system_identifier_ +
                                 ", found " + identifier}
                    .at_host(leader_->name));
}

Result<client::Postgres*> ClusterSession::postgres(const std::string& database, const Cancel& cancel) {
    if (const auto found = connections_.find(database); found != connections_.end()) return found->second.get();
    if (!leader_) TRY_VOID(find_leader(cancel));
    if (connections_.size() >= kMaxConnections)
        leave(std::ranges::find_if(connections_, [](const auto& entry) { return entry.first != kDatabase; })->first);
    TRY(auto connection, client::Postgres::connect({.node = leader_->node,
                                                    .port = cluster_.port,
                                                    .database = database,
                                                    .application = writer_name(),
                                                    .version = cluster_.version.value_or(0)},
                                                   cancel));
    ++counters_.connections;
    TRY_VOID(prove(*connection, cancel));
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

Result<std::string> ClusterSession::in_turn(client::Postgres& postgres,
                                            const std::function<Result<std::string>()>& attempt, const Cancel& cancel) {
    const Cancel bound = cancel.within_at_most(kTurnWait);
    std::string holder;
    int unexplained = 0;  // such as a NOWAIT in a statement of the user
    while (true) {
        const auto begun = Cancel::Clock::now();
        auto done = attempt();
        if (done) return done;
        const bool is_ended = done.error().code == ErrorCode::cancelled || done.error().code == ErrorCode::stalled;
        if (is_ended && !holder.empty()) return fail(said_by(std::move(done).error(), holder));
        // A statement's own wait for a lock is a longer one.
        if (is_ended || postgres.last_sql_state() != kLockNotAvailable ||
            Cancel::Clock::now() - begun > 3 * kLockAttempt)
            return done;
        TRY(std::string now, postgres.value(who_writes_query(), cancel));
        if (now.empty() && ++unexplained > 2) return done;
        if (!now.empty()) holder = std::move(now);
        if (bound.expired() && !holder.empty()) return fail(said_by(std::move(done).error(), holder));
    }
}

Status ClusterSession::hold_turn(const Cancel& cancel) {
    if (has_turn_) return {};
    TRY(client::Postgres* const postgres, this->postgres(kDatabase, cancel));
    TRY_VOID(in_turn(
        *postgres,
        [&]() -> Result<std::string> {
            TRY_VOID(postgres->statement({lock_in_session(), "the turn to write"}, cancel));
            return std::string();
        },
        cancel));
    has_turn_ = true;
    return {};
}

Status ClusterSession::work(const std::function<Status(Work&)>& body, const Cancel& cancel) {
    Work work(*this, cancel);
    last_sql_state_.clear();
    Status status = body(work);
    if (status && has_turn_) {
        TRY(client::Postgres* const postgres, this->postgres(kDatabase, cancel));
        status = postgres->statement({unlock_in_session()}, cancel);
        has_turn_ = false;
    }
    if (!status)
        drop_connections();  // the snapshot may be wrong now, and a broken connection is of no use to the next one
    return status;
}

Status ClusterSession::look(const std::function<Status(Work&)>& body, const Cancel& cancel) {
    const std::lock_guard lock(mutex_);
    const bool connected = !connections_.empty();
    const bool snapped = catalog_.has_value();
    Status status = work(body, cancel);
    // What was connected and broke, or leads no more, says nothing about who leads now.
    const bool again = !status && ((connected && status.error().code == ErrorCode::unreachable) ||
                                   (snapped && is_stale(last_sql_state_)));
    return again ? work(body, cancel) : status;
}

Status ClusterSession::change(const std::function<Status(Work&)>& body, const Cancel& cancel) {
    if (cluster_.standby)
        return fail(Error{.code = ErrorCode::unsupported,
                          .message = "expected a cluster that takes writes, found " + cluster_.name +
                                     ", a standby cluster of " + cluster_.standby->upstream.name}
                        .with_hint("what is made in " + cluster_.standby->upstream.name +
                                   " comes here by itself; users and databases of its own it can have once it is "
                                   "promoted (without its attribute `standby`)"));
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

std::vector<std::string> ClusterSession::Work::take_notices() {
    std::vector<std::string> notices;
    if (!session_.catalog_ || session_.is_told_of_odd_names_) return notices;
    session_.is_told_of_odd_names_ = true;
    for (const std::string& name : session_.catalog_->odd_names)
        notices.push_back("left alone in " + session_.cluster_.name + ": the " + name +
                          ", whose name is not UTF-8. Rename it from a database of the encoding it was made in");
    return notices;
}

Result<DatabaseContents*> ClusterSession::Work::contents(const std::string& database) {
    if (const auto found = session_.contents_.find(database); found != session_.contents_.end()) return &found->second;
    TRY(client::Postgres* const postgres, session_.postgres(database, cancel_));
    TRY(const std::string answer, postgres->value(contents_query(), cancel_));
    TRY(session_.contents_[database], parse_contents(answer));
    return &session_.contents_[database];
}

Status ClusterSession::Work::run(const std::string& database, const Statements& statements, client::Commit commit) {
    TRY_VOID(run_for_value(database, statements, commit));
    return {};
}

Result<std::string> ClusterSession::Work::run_for_value(const std::string& database, const Statements& statements,
                                                        client::Commit commit) {
    if (statements.empty()) return std::string();
    // Advisory locks are those of one database.
    if (database != kDatabase) TRY_VOID(session_.hold_turn(cancel_));
    TRY(client::Postgres* const postgres, session_.postgres(database, cancel_));
    std::vector<client::Sql> sql;
    for (const Statement& statement : statements) sql.push_back({statement.text, statement.display()});
    // Travels with the first statement.
    if (!session_.has_turn_) sql.front().text.insert(0, lock_in_transaction());
    auto done = session_.in_turn(*postgres, [&] { return postgres->transaction_value(sql, cancel_, commit); }, cancel_);
    if (!done) session_.last_sql_state_ = postgres->last_sql_state();
    return done;
}

Status ClusterSession::Work::run_alone(const Statement& statement) {
    TRY_VOID(session_.hold_turn(cancel_));
    TRY(client::Postgres* const postgres, session_.postgres(kDatabase, cancel_));
    Status done = postgres->statement({statement.text, statement.display()}, cancel_);
    if (!done) session_.last_sql_state_ = postgres->last_sql_state();
    return done;
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
        if (found != sessions_.end() && found->second->id() == connection.id &&
            !found->second->system_identifier().empty())
            return found->second;
    }
    if (connection.members.empty()) return fail(ErrorCode::invalid, "`cluster` names no members of " + connection.name);
    std::optional<Error> last;
    std::optional<node::Claim> known;
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
        auto claim = (*node)->claim(kKind, connection.name);
        if (!claim || claim->id != connection.id) continue;
        // Each member wrote down by itself which cluster it became part of.
        const bool proves = !identifier_in(claim->facts).empty();
        if (proves || !known) known = *std::move(claim);
        if (proves) break;
    }
    if (!known) {
        if (last) return fail(std::move(*last));
        return std::shared_ptr<ClusterSession>();
    }
    TRY(PgCluster cluster, pg_cluster_from_json(known->spec));
    const std::lock_guard lock(mutex_);
    auto& session = sessions_[connection.name];
    if (!session || session->id() != connection.id || session->system_identifier().empty())
        session = std::make_shared<ClusterSession>(std::move(cluster), identifier_in(known->facts), connection,
                                                   connect_, run_id_);
    return session;
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

std::shared_ptr<ClusterSession> Sessions::of(const PgCluster& cluster, const Connection& connection,
                                             const std::string& system_identifier) {
    const std::lock_guard lock(mutex_);
    auto& session = sessions_[cluster.name];
    // The specification may have changed since (another port after an update): what is written with it must not be old.
    if (!session || !(session->cluster() == cluster) || session->system_identifier() != system_identifier)
        session = std::make_shared<ClusterSession>(cluster, system_identifier, connection, connect_, run_id_);
    return session;
}

}  // namespace pigsty::module::pgsql
