#include "core/module/pgsql/object/baseline.h"

#include <gtest/gtest.h>

namespace pigsty::module::pgsql {
namespace {

std::string said(std::string_view text) {
    const auto problem = baseline_problem(text);
    return problem ? problem->message : "";
}

TEST(Baseline, takes_what_a_server_takes) {
    for (const char* text :
         {"",
          "CREATE TABLE a (); -- \\restrict\n/* \\x /* COMMIT; */ */ INSERT INTO b VALUES ('\\x; COMMIT;', E'a\\'; "
          "COMMIT; ')",
          "SELECT \"odd \\ name\", $$ COMMIT; \\restrict $$, $a$ COPY t FROM stdin; $a$, $1;",
          "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END; SELECT 1;",
          "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (1); END;",
          "SAVEPOINT a; ROLLBACK TO a; ROLLBACK TO SAVEPOINT a; RELEASE a",
          "COPY t FROM '/tmp/x'; SET ROLE app; SET SESSION work_mem = '1MB'; RESET ROLE",
          "DO $$BEGIN END$$; CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);"})
        EXPECT_EQ(said(text), "") << text;
}

TEST(Baseline, tells_what_only_psql_understands) {
    const auto dump = baseline_problem("--\n-- PostgreSQL database dump\n--\n\n\\restrict 7Hk\n\nSET x = 1;\n");
    ASSERT_TRUE(dump);
    EXPECT_EQ(dump->message, "line 5: \\restrict is a command of psql, which runs nowhere here");
    EXPECT_NE(dump->hint.find("remove both lines"), std::string::npos);
    EXPECT_EQ(said("SELECT 1 \\gexec"), "line 1: \\gexec is a command of psql, which runs nowhere here");
    EXPECT_EQ(said("SELECT 1;\nCOPY public.t (a, b) FROM stdin;\n1\t2\n\\.\n"),
              "line 2: COPY from or to a client has none here");
}

TEST(Baseline, tells_what_ends_its_transaction_or_needs_none) {
    EXPECT_EQ(said("BEGIN;"), "line 1: BEGIN is not possible: all of it runs in one transaction");
    EXPECT_EQ(said("SELECT 1;\n\n  commit ;"), "line 3: COMMIT is not possible: all of it runs in one transaction");
    EXPECT_EQ(said("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END; END"),
              "line 1: END is not possible: all of it runs in one transaction");
    EXPECT_EQ(said("SELECT 1; ROLLBACK"), "line 1: ROLLBACK is not possible: all of it runs in one transaction");
    EXPECT_EQ(said("CREATE INDEX CONCURRENTLY i ON t (a)"),
              "line 1: CREATE INDEX … CONCURRENTLY cannot run inside a transaction");
    EXPECT_EQ(said("VACUUM ANALYZE"), "line 1: VACUUM cannot run inside a transaction");
    EXPECT_EQ(said("SET SESSION AUTHORIZATION 'app';"),
              "line 1: SET SESSION AUTHORIZATION would make what follows, and our own statements, somebody else's");
}

}  // namespace
}  // namespace pigsty::module::pgsql
