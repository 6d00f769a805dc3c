// Our own sessions do not depend on what the cluster, the role or the database sets for others.
#include "core/module/pgsql/session/session.h"

#include "core/module/pgsql/session/testing/live_cluster.h"

namespace pigsty::module::pgsql {
namespace {

class SessionSettings : public LiveCluster {
  protected:
    // In one session that is not subject to what it changes.
    static std::string as_administrator(const std::string& statements) {
        return machine
            ->run("printf %s " + shell_quote(statements + "SELECT pg_reload_conf();\n") +
                  " | PGOPTIONS='-c default_transaction_read_only=off -c role=none -c statement_timeout=0 -c "
                  "lock_timeout=0 -c idle_session_timeout=0' "
                  "runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -d postgres 2>&1; sleep 0.3")
            .value();
    }
    void TearDown() override {
        if (!node_) return;
        EXPECT_EQ(as_administrator("ALTER SYSTEM RESET ALL;\nALTER ROLE postgres RESET ALL;\n"
                                   "ALTER DATABASE postgres RESET ALL;\nDROP ROLE IF EXISTS other, made;\n"),
                  "t\n");
    }
};

TEST_F(SessionSettings, are_our_own_whatever_others_are_given) {
    cluster.version = std::stoll(sql("SELECT current_setting('server_version_num')::int / 10000"));
    // Made before: it asks as anybody does, and a busy machine is idle for longer than what is allowed below.
    const auto other = fresh();
    ASSERT_EQ(as_administrator("CREATE ROLE other;\n"
                               "ALTER SYSTEM SET statement_timeout = '10ms';\n"
                               "ALTER SYSTEM SET lock_timeout = '1ms';\n"
                               "ALTER SYSTEM SET idle_in_transaction_session_timeout = '10ms';\n"
                               "ALTER SYSTEM SET idle_session_timeout = '10ms';\n"
                               "ALTER SYSTEM SET standard_conforming_strings = off;\n"
                               "ALTER ROLE postgres SET default_transaction_isolation = 'serializable';\n"
                               "ALTER ROLE postgres SET role = 'other';\n"
                               "ALTER ROLE postgres SET client_encoding = 'LATIN1';\n"
                               "ALTER ROLE postgres SET search_path = 'nowhere';\n"
                               "ALTER DATABASE postgres SET \"DateStyle\" = 'SQL, DMY';\n"
                               "ALTER DATABASE postgres SET default_transaction_read_only = on;\n"),
              "t\n");
    std::string said;
    const auto changed = other->change(
        [&](ClusterSession::Work& work) -> Status {
            TRY_VOID(work.run("postgres", {{.text = "SELECT pg_sleep(0.05)"}, {.text = "CREATE ROLE made"}}));
            TRY(said, work.ask("postgres", R"(SELECT concat_ws(' ', current_user, current_setting('client_encoding'),
                current_setting('transaction_isolation'), current_setting('search_path'), current_setting('DateStyle'),
                current_setting('lock_timeout'), length('a\'), 'ü'))"));
            return {};
        },
        cancel);
    ASSERT_TRUE(changed) << summary(changed.error());
    EXPECT_EQ(said, "postgres UTF8 read committed pg_catalog ISO, MDY 30s 2 ü");
}

}  // namespace
}  // namespace pigsty::module::pgsql
