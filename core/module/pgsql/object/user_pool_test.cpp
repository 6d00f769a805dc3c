// Users in pgbouncer's lists.
#include "core/module/pgsql/object/testing/user_fixture.h"
#include "core/module/pgsql/object/user.h"
#include "core/render/pgbouncer.h"

namespace pigsty::module::pgsql {
namespace {

TEST_F(UserTest, stands_in_pgbouncers_lists_with_the_servers_verifier) {
    PgUser user = wish("pooled");
    user.password = Secret("water");
    user.pgbouncer = true;
    user.pool_mode = "session";
    user.pool_connlimit = -1;
    const std::string id = created(user);
    std::string verifier = sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'pooled'");
    verifier.pop_back();
    EXPECT_EQ(machine->read(render::kPgbouncerUserlist), "\"postgres\" \"\"\n\"pooled\" \"" + verifier + "\"\n");
    EXPECT_EQ(machine->read(render::kPgbouncerUserOptions), "pooled = pool_mode=session max_user_connections=0\n");
    expect_as_wished(user, id);

    ASSERT_TRUE(machine->run(
        "echo x >> /etc/pgbouncer/fragments/userlist.d/pooled; rm /etc/pgbouncer/fragments/useropts.d/pooled"));
    ASSERT_TRUE(
        node_->request({node::RunScript{.text = ":"}}, cancel, {}));  // a write: what was seen before counts no more
    EXPECT_THAT(read(user, id, *fresh()).drift, ElementsAre("pgbouncer pg-test-1: userlist.d/pooled differs",
                                                            "pgbouncer pg-test-1: useropts.d/pooled is missing"));
    EXPECT_DONE(updated(user, user, id));
    expect_as_wished(user, id);

    PgUser next = user;
    next.pgbouncer = false;
    next.pool_mode.reset();
    next.pool_connlimit.reset();
    EXPECT_DONE(updated(user, next, id));
    EXPECT_EQ(machine->read(render::kPgbouncerUserlist), "\"postgres\" \"\"\n");
    EXPECT_DONE(updated(next, user, id));
    EXPECT_DONE(dropped(user, id));
    EXPECT_EQ(machine->read(render::kPgbouncerUserlist), "\"postgres\" \"\"\n");
    EXPECT_EQ(machine->read(render::kPgbouncerUserOptions), "");
}

TEST_F(UserTest, leaves_pgbouncers_lists_when_it_may_log_in_no_more) {
    PgUser user = wish("leaver");
    user.password = Secret("water");
    user.pgbouncer = true;
    user.pool_mode = "session";
    const std::string id = created(user);
    EXPECT_THAT(machine->read(render::kPgbouncerUserlist), HasSubstr("leaver"));
    // Its time comes without anybody's doing.
    sql("ALTER ROLE leaver VALID UNTIL '2020-01-01 00:00:00+00'");
    PgUser ended = user;
    ended.attributes.valid_until = "2020-01-01";
    session = fresh();
    EXPECT_THAT(read(ended, id, *session).drift,
                ElementsAre("pgbouncer pg-test-1: userlist.d/leaver is there, and its valid_until has passed",
                            "pgbouncer pg-test-1: useropts.d/leaver is there, and its valid_until has passed"));
    std::vector<std::string> warnings;
    EXPECT_DONE(update_user(*session, {.prior = ended, .planned = ended, .id = id},
                            {.name = "update", .warnings = &warnings}, cancel));
    EXPECT_THAT(warnings, ElementsAre("pgbouncer's lists leave it out: its valid_until has passed"));
    EXPECT_EQ(machine->read(render::kPgbouncerUserlist), "\"postgres\" \"\"\n");
    EXPECT_EQ(machine->read(render::kPgbouncerUserOptions), "");
    expect_as_wished(ended, id);

    PgUser longer = ended;
    longer.attributes.valid_until = "2099-01-01";
    EXPECT_DONE(updated(ended, longer, id));
    EXPECT_THAT(machine->read(render::kPgbouncerUserlist), HasSubstr("leaver"));
    PgUser locked = longer;
    locked.attributes.login = false;
    EXPECT_DONE(updated(longer, locked, id));
    EXPECT_EQ(machine->read(render::kPgbouncerUserlist), "\"postgres\" \"\"\n");
    expect_as_wished(locked, id);
    EXPECT_DONE(dropped(locked, id));
}

TEST_F(UserTest, a_password_that_pgbouncer_cannot_check_concerns_nobody_else) {
    PgUser good = wish("good");
    good.password = Secret("water");
    good.pgbouncer = true;
    const std::string good_id = created(good);
    PgUser user = wish("antique");
    user.pgbouncer = true;
    const std::string id = created(user);
    sql("UPDATE pg_authid SET rolpassword = 'SCRAM-SHA-256$\"x' WHERE rolname = 'antique'");
    session = fresh();
    const std::string sentence =
        "pgbouncer's user list leaves \"antique\" out: what the server has stored as its password is no SCRAM-SHA-256 "
        "verifier";
    EXPECT_THAT(
        read(user, id, *session).drift,
        ElementsAre("pgbouncer pg-test-1: userlist.d/antique is there, and its password is no SCRAM-SHA-256 verifier",
                    sentence));
    sql("SET password_encryption = 'md5'; ALTER ROLE antique PASSWORD 'old'");
    session = fresh();
    const Status refused = updated(user, user, id);
    ASSERT_FALSE(refused);
    EXPECT_EQ(
        refused.error().message,
        "pgbouncer's user list leaves \"antique\" out: what the server has stored as its password is an MD5 hash, "
        "no SCRAM-SHA-256 verifier");
    EXPECT_THAT(machine->read(render::kPgbouncerUserlist),
                testing::AllOf(HasSubstr("good"), Not(HasSubstr("antique"))));
    PgUser next = user;
    next.password = Secret("new");
    EXPECT_DONE(updated(user, next, id));
    expect_as_wished(next, id);
    EXPECT_THAT(machine->read(render::kPgbouncerUserlist), HasSubstr("\"antique\" \"SCRAM-SHA-256$4096:"));
    EXPECT_DONE(dropped(next, id));
    EXPECT_DONE(dropped(good, good_id));
}

}  // namespace
}  // namespace pigsty::module::pgsql
