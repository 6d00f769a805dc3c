#include "core/render/pgbouncer.h"

#include "core/render/golden.h"

namespace pigsty::render {
namespace {

TEST(Pgbouncer, writes_its_settings) {
    EXPECT_GOLDEN("pgbouncer.ini", render_pgbouncer_ini({}));
    EXPECT_GOLDEN(
        "pgbouncer-tls-1.18.ini",
        render_pgbouncer_ini(
            {.pool_mode = "session", .ssl_mode = "require", .auth_query = true, .knows_prepared_statements = false}));
    EXPECT_GOLDEN("pgbouncer-listen.ini", render_pgbouncer_listen({"10.10.10.11", "127.0.0.1"}, 6433));
}

TEST(Pgbouncer, writes_a_line_for_each_owner) {
    EXPECT_EQ(*pgbouncer_database_line({.name = "app"}), "app = host=/var/run/postgresql port=5432");
    EXPECT_EQ(*pgbouncer_database_line({.name = "meta",
                                        .port = 5433,
                                        .auth_query = true,
                                        .pool_mode = "transaction",
                                        .pool_size = 64,
                                        .pool_size_min = 0,
                                        .pool_reserve = 32,
                                        .pool_connlimit = 100}),
              "meta = host=/var/run/postgresql port=5433 auth_user=postgres pool_mode=transaction pool_size=64 "
              "min_pool_size=0 reserve_pool=32 max_db_connections=100");
    EXPECT_EQ(*pgbouncer_user_line("odd \"name\"", "SCRAM-SHA-256$4096:x$y:z"),
              "\"odd \"\"name\"\"\" \"SCRAM-SHA-256$4096:x$y:z\"");
    EXPECT_EQ(*pgbouncer_user_options_line({.name = "dbuser_dba", .pool_mode = "session", .pool_connlimit = 16}),
              "dbuser_dba = pool_mode=session max_user_connections=16");
    EXPECT_EQ(*pgbouncer_user_options_line({.name = "app", .pool_connlimit = -1}), "app = max_user_connections=0");
    EXPECT_FALSE(pgbouncer_user_options_line({.name = "app"})->has_value());
}

TEST(Pgbouncer, refuses_names_that_its_lists_cannot_hold) {
    EXPECT_EQ(pgbouncer_database_line({.name = "odd name"}).error().message,
              "name: pgbouncer's lists hold names of letters, digits, _, . and - alone, found \"odd name\"");
    EXPECT_FALSE(pgbouncer_database_line({.name = "*"}));  // everything that is not listed
    EXPECT_FALSE(pgbouncer_user_options_line({.name = "größe", .pool_mode = "session"}));
    EXPECT_EQ(pgbouncer_user_line("x\ty", "z").error().message,
              "name: pgbouncer's lists cannot hold control characters");
}

}  // namespace
}  // namespace pigsty::render
