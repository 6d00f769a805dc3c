// Postgres: one connection to a database of a cluster, through a bridge into the node, as the node's own superuser by peer
// authentication: no password exists, no port need be open.
//
//     TRY(auto postgres, Postgres::connect({.node = node, .port = 5432, .database = "postgres"}, cancel));
//     TRY(const std::string version, postgres->value("SHOW server_version", cancel));
//     TRY_VOID(postgres->transaction({"CREATE ROLE a", "COMMENT ON ROLE a IS 'x'"}, cancel));
//
// A statement ends when its Cancel is stopped or out of time, with the error of Cancel::check().
// Not thread-safe: one connection, one user at a time. Counts what it sends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/node/local_socket.h"
#include "core/node/node.h"

namespace pqxx {
class connection;
}

namespace pigsty::client {

// A statement as it is sent, and as it may be shown: they differ where it holds a secret.
struct Sql {
    std::string text;
    std::string shown{};  // empty: the text itself
    [[nodiscard]] const std::string& display() const { return shown.empty() ? text : shown; }
};

// What COMMIT waits for: what the server's synchronous_commit says, or the server's own disk alone.
enum class Commit { configured, local };

class Postgres {
  public:
    struct Target {
        node::NodePtr node;
        std::int64_t port = 5432;
        std::string database = "postgres";
        std::string os_user = "postgres";
        std::string socket_directory = "/var/run/postgresql";
        std::string application = "terraform-provider-pigsty";  // what pg_stat_activity calls us
    };

    static Result<std::unique_ptr<Postgres>> connect(Target target, const Cancel& cancel);
    ~Postgres();
    Postgres(const Postgres&) = delete;
    Postgres& operator=(const Postgres&) = delete;

    // First column of the first row; empty where there is no row or a null.
    Result<std::string> value(std::string_view query, const Cancel& cancel);
    // All in one transaction: all or nothing.
    Status transaction(const std::vector<Sql>& statements, const Cancel& cancel, Commit commit = Commit::configured);
    // The same, with the first column of the first row of the last statement.
    Result<std::string> transaction_value(const std::vector<Sql>& statements, const Cancel& cancel,
                                          Commit commit = Commit::configured);
    // Outside of any transaction (CREATE DATABASE).
    Status statement(const Sql& statement, const Cancel& cancel);

    [[nodiscard]] std::uint64_t statements_sent() const { return statements_sent_; }
    // SQLSTATE of what failed last; empty where nothing has, or where it was not the server that said no.
    [[nodiscard]] const std::string& last_sql_state() const { return last_sql_state_; }

  private:
    Postgres(Target target, std::unique_ptr<node::LocalSocket> socket);
    [[nodiscard]] std::unexpected<Error> failed(const std::string& message, const std::string& sql_state,
                                                const std::string& shown) const;
    // Runs what talks to the server; `shown` is what an error says was sent, as of then.
    template <class Body>
    auto talk(const Cancel& cancel, const std::string& shown, const Body& body) -> decltype(body());

    Target target_;
    std::unique_ptr<node::LocalSocket> socket_;
    std::unique_ptr<pqxx::connection> connection_;
    std::uint64_t statements_sent_ = 0;
    std::string last_sql_state_{};
};

}  // namespace pigsty::client
