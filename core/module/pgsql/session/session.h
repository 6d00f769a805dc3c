// ClusterSession: everything SQL that this process does in one cluster: one connection to the live leader, one snapshot of
// the shared catalogs, one ordered writer (architecture, "SQL in bulk").
//
//     TRY(const auto session, sessions.of(connection, cancel));
//     TRY_VOID(session->change([&](ClusterSession::Work& work) -> Status {
//         TRY(const Catalog& catalog, work.catalog());
//         return work.run("postgres", role_statements(wanted, catalog.role("app"), catalog.server_version));
//     }, cancel));
//
// Thread-safe: change() and look() of a cluster queue behind each other, and writers of other processes behind a lock of
// the server (writer_lock.h), so they never meet "tuple concurrently updated".
// The leader is proved on each connection itself: Patroni names it, it is not in recovery (but in a standby cluster, where
// nothing can be changed), its system identifier is that of the claim. A broken connection, or a leader that moved, is looked for again once; so is a snapshot that another process
// has made an old one.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/client/postgres.h"
#include "core/converge/run.h"
#include "core/module/pgsql/session/catalog.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/session/pool_queue.h"
#include "core/module/pgsql/session/statement.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// Where shared objects are written and their claims are.
inline constexpr const char* kDatabase = "postgres";
// What the facts of a claim keep of the cluster's identity: written when the first leader is up, and by each standby.
std::string identifier_in(const nlohmann::json& facts);
// From the claims of whichever of these members knows it; empty where none does.
std::string known_identifier(const std::vector<std::shared_ptr<converge::Site>>& sites);

// Whether this is the first member of a cluster: the one whose Patroni is asked first, and which mostly leads.
bool is_asked_first(const node::Node& node);

struct ClusterCounters {
    std::uint64_t connections = 0;
    std::uint64_t statements = 0;
    std::uint64_t patroni_gets = 0;  // the waits of a cluster's own steps excluded
    PoolCounters pool{};
};

class ClusterSession {
  public:
    // What a piece of work sees: valid only inside look() and change().
    class Work {
      public:
        // Shared catalogs and claims: as snapped, corrected by what was written.
        Result<Catalog*> catalog();
        // Inside one database; error where it accepts no connections.
        Result<DatabaseContents*> contents(const std::string& database);
        // One transaction in that database; nothing is sent where there are no statements. The caller corrects the catalog
        // with what it wrote, or calls forget().
        Status run(const std::string& database, const Statements& statements,
                   client::Commit commit = client::Commit::configured);
        // The same, with the first column of the first row of the last statement.
        Result<std::string> run_for_value(const std::string& database, const Statements& statements,
                                          client::Commit commit = client::Commit::configured);
        // Outside of a transaction, in database postgres.
        Status run_alone(const Statement& statement);
        // First column of the first row; empty where there is none.
        Result<std::string> ask(const std::string& database, const std::string& query);
        // Ends our own connection to it: CREATE DATABASE … TEMPLATE and DROP DATABASE want to be alone, and what a user's
        // SQL has set must not last.
        void leave(const std::string& database);
        void forget();  // the snapshot, and all contents
        // Sentences about the cluster as a whole that nobody was told yet in this process.
        std::vector<std::string> take_notices();
        void forget_contents(const std::string& database);
        [[nodiscard]] const Cancel& cancel() const { return cancel_; }
        [[nodiscard]] const PgCluster& cluster() const { return session_.cluster_; }

      private:
        friend class ClusterSession;
        Work(ClusterSession& session, const Cancel& cancel) : session_(session), cancel_(cancel) {}
        ClusterSession& session_;
        const Cancel& cancel_;
    };

    // `system_identifier`: of the claim. Without one nothing can be proved, and no connection is made. `run_id`: of this
    // process, for the claims of what it makes.
    ClusterSession(PgCluster cluster, std::string system_identifier, Connection connection, node::Connect connect,
                   std::string run_id = {});

    Status look(const std::function<Status(Work&)>& body, const Cancel& cancel);
    // The body may be called a second time, when the leader moved: it looks at the catalog first, each time.
    Status change(const std::function<Status(Work&)>& body, const Cancel& cancel);

    // The specification as the claims keep it.
    [[nodiscard]] const PgCluster& cluster() const { return cluster_; }
    // The cluster's `id`.
    [[nodiscard]] const std::string& id() const { return where_.id; }
    [[nodiscard]] const std::string& system_identifier() const { return system_identifier_; }
    [[nodiscard]] const std::string& run_id() const { return run_id_; }
    [[nodiscard]] ClusterCounters counters() const;
    // What operations want of pgbouncer's lists: writers of one process gather there.
    PoolQueue& pool_queue() { return pool_queue_; }
    void count(const PoolCounters& more);
    // Connects to the machines that hold members now; those that do not answer are missing.
    std::vector<Reached> reach_members(const Cancel& cancel) const;
    Result<Members> members(const Cancel& cancel) const;
    // Who asked Patroni anyway spares us the question who leads. The connection is proved all the same.
    void remember_leader(const Members& members, const client::PatroniCluster& seen);
    // Why nobody leads, where a look found that out within the last half minute: a refresh does not ask again for each object.
    [[nodiscard]] std::optional<Error> leaderless() const;

  private:
    Status work(const std::function<Status(Work&)>& body, const Cancel& cancel);
    // Until it is our turn to write: `attempt` ends with lock_not_available while it is another's.
    Result<std::string> in_turn(client::Postgres& postgres, const std::function<Result<std::string>()>& attempt,
                                const Cancel& cancel);
    // Held until the piece of work ends: what follows has no transaction, or is in another database.
    Status hold_turn(const Cancel& cancel);
    Status prove(client::Postgres& postgres, const Cancel& cancel);
    Result<client::Postgres*> postgres(const std::string& database, const Cancel& cancel);
    void leave(const std::string& database);
    Status find_leader(const Cancel& cancel);
    Error nobody_leads(Error error, node::Node& node, const Cancel& cancel);
    void drop_connections();

    const PgCluster cluster_;
    const std::string system_identifier_;
    const Connection where_;
    const node::Connect connect_;
    const std::string run_id_;

    mutable std::mutex mutex_;
    std::optional<Reached> leader_;
    std::optional<Error> leaderless_;
    Cancel::Clock::time_point leaderless_at_{};
    std::map<std::string, std::unique_ptr<client::Postgres>> connections_;  // by database
    std::optional<Catalog> catalog_;
    std::map<std::string, DatabaseContents> contents_;
    bool has_turn_ = false;
    bool is_told_of_odd_names_ = false;
    std::string last_sql_state_{};  // of what failed last in this piece of work
    ClusterCounters counters_;
    PoolQueue pool_queue_;
    const std::shared_ptr<std::atomic<std::uint64_t>> patroni_gets_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

// One session for each cluster of this process. Thread-safe.
class Sessions {
  public:
    // `run_id`: of this process.
    explicit Sessions(node::Connect connect, std::string run_id = {})
        : connect_(std::move(connect)), run_id_(std::move(run_id)) {}

    // Finds the cluster's claim on the first member that has it. Null where every member answers and none knows the cluster.
    Result<std::shared_ptr<ClusterSession>> find(const Connection& connection, const Cancel& cancel);
    // The same, where the cluster must be there.
    Result<std::shared_ptr<ClusterSession>> of(const Connection& connection, const Cancel& cancel);
    // For the cluster's own steps, which know the specification before any claim is ready; `system_identifier` as
    // known_identifier() says.
    std::shared_ptr<ClusterSession> of(const PgCluster& cluster, const Connection& connection,
                                       const std::string& system_identifier);

    // By cluster.
    [[nodiscard]] std::map<std::string, ClusterCounters> counters() const;

  private:
    const node::Connect connect_;
    const std::string run_id_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<ClusterSession>> sessions_;  // by cluster name
};

}  // namespace pigsty::module::pgsql
