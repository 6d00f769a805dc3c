#include "core/render/pgbouncer.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/render/banner.h"
#include "core/render/control.h"
#include "core/render/patroni.h"
#include "core/render/role.h"

namespace pigsty::render {
namespace {

Result<std::string> quoted(std::string_view what, std::string_view text) {
    if (has_control(text))
        return fail(Error{.code = ErrorCode::invalid,
                          .message = fmt::format("{}: pgbouncer's lists cannot hold control characters", what)}
                        .with_hint("choose one without them, or set pgbouncer = false"));
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

// The key of a line in an included ini list. What pgbouncer's manual says of quoted names its parser does not know.
Result<std::string> list_key(std::string_view name) {
    if (is_pgbouncer_key(name)) return std::string(name);
    return fail(Error{
        .code = ErrorCode::invalid,
        .message =
            fmt::format("name: pgbouncer's lists hold names of letters, digits, _, . and - alone, found \"{}\"", name)}
                    .with_hint("choose such a name, or leave pgbouncer and its pool settings out"));
}

template <class T>
void option(std::string& line, std::string_view name, const std::optional<T>& value) {
    if (value) line += fmt::format(" {}={}", name, *value);
}

// PostgreSQL's word for no limit is -1, pgbouncer's is 0.
void limit(std::string& line, std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) line += fmt::format(" {}={}", name, std::max<std::int64_t>(*value, 0));
}

}  // namespace

bool is_pgbouncer_key(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '-';
    });
}

std::string render_pgbouncer_ini(const PgbouncerIni& ini) {
    std::string text = banner(";") + fmt::format(
                                         "[databases]\n"
                                         "%include {}\n"
                                         "\n"
                                         "[users]\n"
                                         "%include {}\n"
                                         "\n"
                                         "[pgbouncer]\n"
                                         "%include {}\n",
                                         kPgbouncerDatabases, kPgbouncerUserOptions, kPgbouncerListen);
    const auto set = [&](std::string_view name, const auto& value) { text += fmt::format("{} = {}\n", name, value); };
    set("pidfile", "/run/postgresql/pgbouncer.pid");
    set("logfile", fmt::format("{}/pgbouncer.log", kPgbouncerLogDir));
    set("auth_type", "hba");
    set("auth_hba_file", kPgbouncerHba);
    set("auth_file", kPgbouncerUserlist);
    // Asked as the superuser, who logs in by peer authentication: a verifier in the list cannot log in by itself.
    set("auth_query", "SELECT username, password FROM monitor.pgbouncer_auth($1)");
    if (ini.auth_query) set("auth_user", kSuperuser);
    set("admin_users", fmt::format("{}, {}", kSuperuser, kAdminUser));
    set("stats_users", fmt::format("{}, {}", kSuperuser, kMonitorUser));
    set("client_tls_sslmode", ini.tls ? ini.ssl_mode : "disable");
    if (ini.tls && ini.ssl_mode != "disable") {
        set("client_tls_ca_file", kCaCertificate);
        set("client_tls_cert_file", kServerCertificate);
        set("client_tls_key_file", kServerKey);
    }
    set("pool_mode", ini.pool_mode);
    set("max_client_conn", 20000);
    set("default_pool_size", 50);
    set("min_pool_size", 0);
    set("reserve_pool_size", 30);
    set("reserve_pool_timeout", 1);
    set("max_db_connections", 100);
    set("max_user_connections", 100);
    set("server_lifetime", 600);
    set("server_reset_query", "DISCARD ALL");
    set("server_reset_query_always", 0);
    set("server_round_robin", 0);
    set("application_name_add_host", 0);
    set("log_connections", 0);
    set("log_disconnections", 0);
    set("ignore_startup_parameters",
        "extra_float_digits, application_name, TimeZone, DateStyle, IntervalStyle, search_path");
    if (ini.knows_prepared_statements) set("max_prepared_statements", 256);
    return text;
}

std::string render_pgbouncer_listen(const std::vector<std::string>& addresses, std::int64_t port) {
    return banner(";") + fmt::format(
                             "listen_addr = {}\n"
                             "listen_port = {}\n"
                             "unix_socket_dir = /run/postgresql\n",
                             fmt::join(addresses, ","), port);
}

Result<std::string> pgbouncer_database_line(const PgbouncerDatabase& database) {
    TRY(std::string line, list_key(database.name));
    line += fmt::format(" = host={} port={}", kSocketDir, database.port);
    if (database.auth_query) line += fmt::format(" auth_user={}", kSuperuser);
    option(line, "pool_mode", database.pool_mode);
    option(line, "pool_size", database.pool_size);
    option(line, "min_pool_size", database.pool_size_min);
    option(line, "reserve_pool", database.pool_reserve);
    limit(line, "max_db_connections", database.pool_connlimit);
    return line;
}

Result<std::string> pgbouncer_user_line(std::string_view name, std::string_view verifier) {
    TRY(const std::string quoted_name, quoted("name", name));
    TRY(const std::string quoted_verifier, quoted("password", verifier));
    return quoted_name + " " + quoted_verifier;
}

Result<std::optional<std::string>> pgbouncer_user_options_line(const PgbouncerUser& user) {
    if (!user.pool_mode && !user.pool_connlimit) return std::nullopt;
    TRY(std::string line, list_key(user.name));
    line += " =";
    option(line, "pool_mode", user.pool_mode);
    limit(line, "max_user_connections", user.pool_connlimit);
    return line;
}

std::string pgbouncer_auth_sql() {
    return "CREATE SCHEMA IF NOT EXISTS monitor;\n"
           "CREATE OR REPLACE FUNCTION monitor.pgbouncer_auth(p_username text)\n"
           "    RETURNS TABLE (username text, password text)\n"
           "    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''\n"
           "AS $$\n"
           "    SELECT r.rolname::text, r.rolpassword::text\n"
           "    FROM pg_catalog.pg_authid r\n"
           "    WHERE r.rolname = p_username AND r.rolcanlogin AND NOT r.rolsuper\n"
           "      AND (r.rolvaliduntil IS NULL OR r.rolvaliduntil > pg_catalog.now())\n"
           "$$;\n"
           "REVOKE ALL ON FUNCTION monitor.pgbouncer_auth(text) FROM PUBLIC;\n";
}

}  // namespace pigsty::render
