#include "core/client/postgres.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include <pqxx/pqxx>

#include "core/base/quote.h"

namespace pigsty::client {
namespace {

// libpq gives up on a server that accepts and then says nothing.
constexpr int kConnectSeconds = 30;
constexpr auto kAskAgain = std::chrono::milliseconds(200);
constexpr const char* kQueryCanceled = "57014";
constexpr const char* kConnectionFailure = "08006";  // PostgreSQL's own code for a connection that broke

// The server went, or it is no leader any more: another connection may do what this one cannot.
bool is_lost(std::string_view sql_state) {
    return sql_state == "57P01" || sql_state == "57P02" || sql_state == "57P03" || sql_state == "25006" ||
           sql_state.starts_with("08");
}

// libpq takes C strings: what stands behind a NUL would not be sent, and the rest would mean something else.
Status no_nul(std::string_view text) {
    if (text.find('\0') == std::string_view::npos) return {};
    return fail(ErrorCode::invalid, "a name or value for PostgreSQL holds a NUL character, which it cannot store");
}

// Asks the server to end what it runs once `cancel` is stopped or out of time; again and again, since a request that comes
// between two statements is lost.
class Watch {
  public:
    Watch(pqxx::connection& connection, const Cancel& cancel)
        : thread_([this, &connection, cancel](const std::stop_token& done) { watch(connection, cancel, done); }),
          stopped_(cancel.token(), [this] {
              const std::lock_guard lock(mutex_);
              changed_.notify_all();
          }) {}

  private:
    void watch(pqxx::connection& connection, const Cancel& cancel, const std::stop_token& done) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, done, cancel.deadline(), [&] { return cancel.stop_requested(); });
        while (!done.stop_requested()) {
            lock.unlock();
            try {
                connection.cancel_query();
            } catch (const std::exception&) {
                return;  // the connection broke, and the statement with it
            }
            lock.lock();
            changed_.wait_for(lock, done, kAskAgain, [] { return false; });
        }
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::jthread thread_;
    std::stop_callback<std::function<void()>> stopped_;
};

}  // namespace

Postgres::Postgres(Target target, std::unique_ptr<node::LocalSocket> socket)
    : target_(std::move(target)), socket_(std::move(socket)) {}

Postgres::~Postgres() = default;

Result<std::unique_ptr<Postgres>> Postgres::connect(Target target, const Cancel& cancel) {
    const std::string remote = "unix:" + target.socket_directory + "/.s.PGSQL." + std::to_string(target.port);
    const std::string file = ".s.PGSQL." + std::to_string(target.port);
    TRY(auto socket, node::LocalSocket::listen(target.node, target.os_user, remote, file));
    std::unique_ptr<Postgres> postgres(new Postgres(std::move(target), std::move(socket)));
    const std::string text =
        "host=" + conninfo_quote(postgres->socket_->folder()) + " port=" + std::to_string(postgres->target_.port) +
        " dbname=" + conninfo_quote(postgres->target_.database) + " user=" + conninfo_quote(postgres->target_.os_user) +
        " application_name=" + conninfo_quote(postgres->target_.application) +
        " connect_timeout=" + std::to_string(kConnectSeconds) +
        // What we send and read is UTF-8, whatever the database stores.
        " client_encoding=UTF8" +
        // Nothing of the caller's environment and no file of theirs decides anything here.
        " sslmode=disable gssencmode=disable passfile=/nonexistent options='-c search_path=pg_catalog -c "
        "client_min_messages=warning -c lock_timeout=30s -c idle_in_transaction_session_timeout=10min'";
    TRY_VOID(cancel.check("connecting to PostgreSQL"));
    try {
        postgres->connection_ = std::make_unique<pqxx::connection>(text);
    } catch (const std::exception& error) {
        // libpq saw no more than a closed connection where the way to the server broke.
        if (auto cause = postgres->socket_->last_error()) return fail(std::move(*cause));
        // Starting up, shutting down, in recovery: as good as silent, and it passes (57P03, which libpq does not tell here).
        const bool passes = std::string_view(error.what()).find("the database system is ") != std::string_view::npos;
        return postgres->failed(error.what(), passes ? "57P03" : "",
                                "connect to database " + postgres->target_.database);
    }
    return postgres;
}

std::unexpected<Error> Postgres::failed(const std::string& message, const std::string& sql_state,
                                        const std::string& shown) const {
    std::string text = message;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return fail(Error{.code = is_lost(sql_state) ? ErrorCode::unreachable : ErrorCode::failed,
                      .message = "PostgreSQL (database " + target_.database + "): " + text +
                                 (sql_state.empty() ? "" : " (SQLSTATE " + sql_state + ")")}
                    .at_host(target_.node->address().address)
                    .with_command(shown));
}

template <class Body>
auto Postgres::talk(const Cancel& cancel, const std::string& shown, const Body& body) -> decltype(body()) {
    last_sql_state_.clear();
    try {
        const Watch watch(*connection_, cancel);
        return body();
    } catch (const pqxx::sql_error& error) {
        // The server's own words hold the statement's text where it has a syntax error; ours never does. What a password
        // could stand in is the statement alone.
        last_sql_state_ = error.sqlstate();
        if (error.sqlstate() == kQueryCanceled) {
            if (auto status = cancel.check("PostgreSQL ran a statement (database " + target_.database + ")"); !status)
                return fail(std::move(status).error().at_host(target_.node->address().address).with_command(shown));
        }
        return failed(error.what(), error.sqlstate(), shown);
    } catch (const pqxx::broken_connection& error) {
        last_sql_state_ = kConnectionFailure;
        return failed(error.what(), kConnectionFailure, shown);
    } catch (const std::exception& error) {
        return failed(error.what(), "", shown);
    }
}

Result<std::string> Postgres::value(std::string_view query, const Cancel& cancel) {
    TRY_VOID(cancel.check("asking PostgreSQL"));
    TRY_VOID(no_nul(query));
    return talk(cancel, std::string(query.substr(0, 200)), [&]() -> Result<std::string> {
        pqxx::nontransaction work(*connection_);
        ++statements_sent_;
        const pqxx::result rows = work.exec(query);
        if (rows.empty() || rows[0][0].is_null()) return std::string();
        return rows[0][0].as<std::string>();
    });
}

Status Postgres::transaction(const std::vector<Sql>& statements, const Cancel& cancel, Commit commit) {
    TRY_VOID(transaction_value(statements, cancel, commit));
    return {};
}

Result<std::string> Postgres::transaction_value(const std::vector<Sql>& statements, const Cancel& cancel,
                                                Commit commit) {
    if (statements.empty()) return std::string();
    TRY_VOID(cancel.check("writing to PostgreSQL"));
    std::string shown;
    return talk(cancel, shown, [&]() -> Result<std::string> {
        pqxx::work work(*connection_);
        if (commit == Commit::local) work.exec("SET LOCAL synchronous_commit = local");
        pqxx::result rows;
        for (const Sql& statement : statements) {
            TRY_VOID(cancel.check("writing to PostgreSQL"));
            TRY_VOID(no_nul(statement.text));
            shown = statement.display();
            ++statements_sent_;
            rows = work.exec(statement.text);
        }
        shown = "COMMIT";
        work.commit();
        if (rows.empty() || rows[0][0].is_null()) return std::string();
        return rows[0][0].as<std::string>();
    });
}

Status Postgres::statement(const Sql& statement, const Cancel& cancel) {
    TRY_VOID(cancel.check("writing to PostgreSQL"));
    TRY_VOID(no_nul(statement.text));
    return talk(cancel, statement.display(), [&]() -> Status {
        pqxx::nontransaction work(*connection_);
        ++statements_sent_;
        work.exec(statement.text);
        return {};
    });
}

}  // namespace pigsty::client
