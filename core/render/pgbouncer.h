// pgbouncer: pgbouncer.ini, and the lines of the lists that it includes. Each list is put together on the node, sorted,
// from one fragment per owner (behaviour 8): a resource renders and fingerprints its own fragment alone.
//
//     put_file("/etc/pgbouncer/pgbouncer.ini", render_pgbouncer_ini({.tls = true}));
//     put_file("/etc/pgbouncer/listen.ini", render_pgbouncer_listen({"10.10.10.11", "127.0.0.1"}, 6432));
//     TRY(const std::string line, pgbouncer_database_line({.name = "app", .pool_mode = "session"}));
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace pigsty::render {

struct PgbouncerIni {
    std::string pool_mode = "transaction";
    std::string ssl_mode = "disable";
    bool tls = true;                        // certificates are there: clients may ask for TLS
    bool auth_query = false;                // of everybody whom the user list does not name
    bool knows_prepared_statements = true;  // 1.21 and newer (core/module/platform)
};

// Includes the file below.
std::string render_pgbouncer_ini(const PgbouncerIni& ini);
// Where it listens, a file of its own: pgbouncer takes everything else with a reload, and this with a restart alone.
std::string render_pgbouncer_listen(const std::vector<std::string>& addresses, std::int64_t port);

struct PgbouncerDatabase {
    std::string name;
    std::int64_t port = 5432;  // of PostgreSQL: without it pgbouncer takes 5432, wherever the server listens
    bool auth_query = false;   // `pool_auth_user` is set: users are looked up in the server, by the superuser
    std::optional<std::string> pool_mode{};
    std::optional<std::int64_t> pool_size{}, pool_size_min{}, pool_reserve{}, pool_connlimit{};
};

struct PgbouncerUser {
    std::string name;
    std::optional<std::string> pool_mode{};
    std::optional<std::int64_t> pool_connlimit{};  // -1: unlimited
};

// Whether a name can stand in database.txt and useropts.txt: their parser knows no quotes, whatever its manual says
// (tried with 1.24). The user list has quotes and takes any name without control characters.
bool is_pgbouncer_key(std::string_view name);

// One line each, without its end. Error `invalid` for a name that the list cannot hold.
Result<std::string> pgbouncer_database_line(const PgbouncerDatabase& database);             // database.txt
Result<std::string> pgbouncer_user_line(std::string_view name, std::string_view verifier);  // userlist.txt
// Nothing where neither option is set.
Result<std::optional<std::string>> pgbouncer_user_options_line(const PgbouncerUser& user);  // useropts.txt

// The function that auth_query calls, with its rights; superusers and roles that may not log in are never shown. It is
// called in the database that the client asked for: every database with auth_query needs it. May be run again.
std::string pgbouncer_auth_sql();

inline constexpr const char* kPgbouncerDir = "/etc/pgbouncer";
inline constexpr const char* kPgbouncerIni = "/etc/pgbouncer/pgbouncer.ini";
inline constexpr const char* kPgbouncerListen = "/etc/pgbouncer/listen.ini";
inline constexpr const char* kPgbouncerHba = "/etc/pgbouncer/pgb_hba.conf";
inline constexpr const char* kPgbouncerUserlist = "/etc/pgbouncer/userlist.txt";
inline constexpr const char* kPgbouncerDatabases = "/etc/pgbouncer/database.txt";
inline constexpr const char* kPgbouncerUserOptions = "/etc/pgbouncer/useropts.txt";

}  // namespace pigsty::render
