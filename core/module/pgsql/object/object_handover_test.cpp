// Users and databases that nobody wrote down, on a live cluster.
#include "core/module/pgsql/object/object_handover.h"

#include "core/module/pgsql/object/database.h"
#include "core/module/pgsql/object/testing/user_fixture.h"

namespace pigsty::module::pgsql {
namespace {

class ObjectHandover : public UserTest {
  protected:
    static constexpr const char* kKilled = "aaaa-1";
    static constexpr const char* kNext = "bbbb-2";

    void SetUp() override {
        UserTest::SetUp();
        if (!node_) return;
        session = fresh(kKilled);
    }
    void killed() { session = fresh(kNext); }
    Result<std::string> create(const PgUser& user, std::vector<std::string>* warnings = nullptr) {
        return create_user(*session, user,
                           {.name = "create", .lock_timeout = std::chrono::milliseconds(300), .warnings = warnings},
                           cancel);
    }
    PgDatabase database_wish(std::string name) {
        PgDatabase database;
        database.cluster = connection_of(cluster, session->id());
        database.name = std::move(name);
        database.pgbouncer = false;
        return database;
    }
    Result<std::string> create(const PgDatabase& database, std::vector<std::string>* warnings = nullptr) {
        return create_database(*session, database, {.name = "create", .warnings = warnings}, cancel);
    }
    std::string error_of(const Result<std::string>& result) { return result ? "none" : summary(result.error()); }
    static std::string handovers() { return sql("SELECT name, handover FROM pigsty.claim ORDER BY name"); }
};

TEST_F(ObjectHandover, what_a_killed_run_had_finished_is_taken_over_and_follows_the_configuration) {
    PgUser user = wish("orphan");
    user.pgbouncer = true;
    user.password = Secret("one");
    const std::string id = created(user);
    EXPECT_EQ(handovers(), "orphan|aaaa-1\n");
    killed();
    user.password = Secret("two");
    user.attributes.connection_limit = 9;
    std::vector<std::string> warnings;
    EXPECT_EQ(create(user, &warnings).value_or("none"), id);
    EXPECT_THAT(warnings,
                ElementsAre("takes over the role \"orphan\": the run that made it was killed before any state "
                            "knew of it"));
    expect_as_wished_by(kNext, user, id);
    EXPECT_EQ(login("orphan", "two"), "orphan\n");
    EXPECT_EQ(handovers(), "orphan|bbbb-2\n");
    EXPECT_DONE(dropped(user, id));
}

TEST_F(ObjectHandover, a_run_that_ends_in_order_confirms_with_one_statement_and_then_they_exist) {
    const std::string one = created(wish("one"));
    const std::string two = created(wish("two"));
    const auto other = fresh(kNext);
    ASSERT_TRUE(create_user(*other, wish("others"), {.name = "create"}, cancel));
    const auto before = sql("SELECT xmin FROM pigsty.claim WHERE name = 'others'");
    EXPECT_DONE(confirm_claims(*session, cancel));
    EXPECT_EQ(handovers(), "one|\nothers|bbbb-2\ntwo|\n");
    EXPECT_EQ(sql("SELECT xmin FROM pigsty.claim WHERE name = 'others'"), before);
    EXPECT_EQ(sql("SELECT count(DISTINCT xmin::text) FROM pigsty.claim WHERE name IN ('one', 'two')"), "1\n");
    killed();
    EXPECT_EQ(error_of(create(wish("one"))),
              "expected no role \"one\" in pg-test, found one that this configuration did not make");
    // A second apply has nothing to say and nothing to write.
    expect_as_wished(wish("one"), one);
    const auto written = sql("SELECT max(xmin::text::bigint) FROM pigsty.claim");
    EXPECT_DONE(updated(wish("one"), wish("one"), one));
    EXPECT_EQ(sql("SELECT max(xmin::text::bigint) FROM pigsty.claim"), written);
    EXPECT_DONE(dropped(wish("one"), one));
    EXPECT_DONE(dropped(wish("two"), two));
    sql("DROP ROLE others; DELETE FROM pigsty.claim");
}

TEST_F(ObjectHandover, nothing_is_taken_over_while_the_run_that_made_it_lives_and_the_same_run_makes_it_once) {
    const std::string id = created(wish("busy"));
    EXPECT_EQ(error_of(create(wish("busy"))),
              "expected no role \"busy\" in pg-test, found one that this configuration did not make");
    const auto alive = machine->connect(cancel, {.run_id = kKilled}, "127.0.0.1");
    ASSERT_TRUE(alive);
    killed();
    EXPECT_EQ(error_of(create(wish("busy"))),
              "pg-test-1: pg-test: the role \"busy\" was made by another run, which still works there");
    EXPECT_EQ(handovers(), "busy|aaaa-1\n");
    EXPECT_DONE(dropped(wish("busy"), id));
}

TEST_F(ObjectHandover, a_state_that_knows_of_it_says_so_with_its_next_apply) {
    const std::string id = created(wish("known"));
    PgDatabase database = database_wish("known");
    const auto database_id = create(database);
    ASSERT_TRUE(database_id) << summary(database_id.error());
    killed();
    const char* const sentence =
        "claim: the run that made it was killed; that a state has it is not noted in the cluster yet";
    EXPECT_THAT(read(wish("known"), id, *session).drift, ElementsAre(sentence));
    const auto live = read_database(*session, database, *database_id, cancel);
    ASSERT_TRUE(live && *live);
    EXPECT_THAT((*live)->drift, ElementsAre(sentence));
    EXPECT_EQ(handovers(), "known|aaaa-1\nknown|aaaa-1\n") << "a read writes nothing";
    EXPECT_DONE(updated(wish("known"), wish("known"), id));
    EXPECT_DONE(update_database(*session, {.prior = database, .planned = database, .id = *database_id},
                                {.name = "update"}, cancel));
    EXPECT_EQ(handovers(), "known|\nknown|\n");
    EXPECT_DONE(drop_database(*session, database, *database_id, {.name = "destroy"}, cancel));
    EXPECT_DONE(dropped(wish("known"), id));
}

TEST_F(ObjectHandover, a_database_that_is_taken_over_keeps_what_is_in_it) {
    PgDatabase database = database_wish("filled");
    database.baseline = "CREATE TABLE once ()";
    database.baseline_version = 1;
    const auto id = create(database);
    ASSERT_TRUE(id) << summary(id.error());
    killed();
    PgDatabase other = database;
    other.encoding = "LATIN1";
    EXPECT_EQ(error_of(create(other)),
              "pg-test: `encoding` of the database \"filled\" is \"UTF8\" for life, and cannot become \"LATIN1\"");
    session = fresh(kNext);
    database.comment = "taken over";
    std::vector<std::string> warnings;
    EXPECT_EQ(create(database, &warnings).value_or("none"), *id);
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("takes over the database \"filled\"")));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_class WHERE relname = 'once'", "filled"), "1\n");
    EXPECT_EQ(sql("SELECT name, state, handover FROM pigsty.claim"), "filled|ready|bbbb-2\n");
    EXPECT_DONE(drop_database(*session, database, *id, {.name = "destroy"}, cancel));
}

}  // namespace
}  // namespace pigsty::module::pgsql
