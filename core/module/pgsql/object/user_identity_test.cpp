// Whose a role is: claims, numbers, names, and two processes at once.
#include <thread>

#include "core/module/pgsql/object/testing/user_fixture.h"
#include "core/module/pgsql/object/user.h"

namespace pigsty::module::pgsql {
namespace {

TEST_F(UserTest, is_not_taken_over_where_another_made_it) {
    sql("CREATE ROLE \"for eign\"");
    const auto id = create_user(*session, wish("for eign"), {.name = "create"}, cancel);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().code, ErrorCode::conflict);
    EXPECT_THAT(detail(id.error()), HasSubstr("pg-test/for%20eign@127.0.0.1"));
    const auto imported = import_user(*session, "for eign", cancel);
    ASSERT_TRUE(imported);
    const PgUser seen = read(imported->object, imported->id, *session).object;
    EXPECT_FALSE(seen.attributes.login);
    PgUser next = seen;
    next.comment = "ours now";
    EXPECT_DONE(updated(seen, next, imported->id));
    expect_as_wished(next, imported->id);
    EXPECT_DONE(dropped(next, imported->id));
}

TEST_F(UserTest, is_followed_by_its_number_whatever_it_is_called) {
    const PgUser user = wish("numbered");
    const std::string id = created(user);
    sql("ALTER ROLE numbered RENAME TO numbered_old");
    session = fresh();
    EXPECT_THAT(read(user, id, *session).drift, ElementsAre("name: is \"numbered_old\" on the server"));
    EXPECT_DONE(updated(user, user, id));
    expect_as_wished(user, id);

    sql("ALTER ROLE numbered RENAME TO numbered_old; CREATE ROLE numbered CONNECTION LIMIT 3");
    session = fresh();
    EXPECT_THAT(read(user, id, *session).drift,
                ElementsAre("name: is \"numbered_old\" on the server, where another role is called \"numbered\""));
    const Status refused = updated(user, user, id);
    ASSERT_FALSE(refused);
    EXPECT_EQ(
        summary(refused.error()),
        "pg-test: the role of this resource is called \"numbered_old\" now, and another role is called \"numbered\"");
    const auto second = create_user(*session, user, {.name = "create"}, cancel);
    ASSERT_FALSE(second);
    EXPECT_THAT(summary(second.error()), HasSubstr("is claimed by the resource of the role that is called"));
    std::vector<std::string> warnings;
    session = fresh();
    EXPECT_DONE(drop_user(*session, user, id, {.name = "destroy", .warnings = &warnings}, cancel));
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("was called \"numbered_old\" on the server")));
    EXPECT_EQ(sql("SELECT rolname, rolconnlimit FROM pg_roles WHERE rolname LIKE 'numbered%'"), "numbered|3\n");
    EXPECT_EQ(sql("SELECT count(*) FROM pigsty.claim"), "0\n");
    sql("DROP ROLE numbered");
}

TEST_F(UserTest, one_that_was_made_anew_by_hand_is_another_one) {
    const PgUser user = wish("anew");
    const std::string id = created(user);
    sql("DROP ROLE anew; CREATE ROLE anew");
    std::vector<std::string> warnings;
    const auto live = read_user(*fresh(), user, id, cancel, &warnings);
    ASSERT_TRUE(live);
    EXPECT_FALSE(*live);
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("import it with the id pg-test/anew@127.0.0.1")));
    session = fresh();
    EXPECT_FALSE(updated(user, user, id));
    session = fresh();
    EXPECT_DONE(dropped(user, id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_roles WHERE rolname = 'anew'"), "1\n") << "left alone";
    // It can be taken over, and is ours then.
    const auto imported = import_user(*fresh(), "anew", cancel);
    ASSERT_TRUE(imported) << summary(imported.error());
    session = fresh();
    const PgUser seen = read(imported->object, imported->id, *session).object;
    PgUser next = seen;
    next.comment = "ours";
    EXPECT_DONE(updated(seen, next, imported->id));
    session = fresh();
    EXPECT_DONE(dropped(next, imported->id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_roles WHERE rolname = 'anew'"), "0\n");
}

TEST_F(UserTest, claims_of_an_older_version_get_their_numbers) {
    const PgUser user = wish("older");
    const std::string id = created(user);
    PgUser other = wish("changed");
    other.password = Secret("x");
    const std::string other_id = created(other);
    sql("ALTER TABLE pigsty.claim DROP COLUMN object_oid, DROP COLUMN system_identifier; ALTER ROLE changed PASSWORD "
        "'y'");
    session = fresh();
    expect_as_wished(user, id);
    const Status refused = dropped(other, other_id);
    ASSERT_FALSE(refused);
    EXPECT_THAT(summary(refused.error()), HasSubstr("does not look like the one that this resource made"));
    EXPECT_EQ(sql("SELECT name, object_oid = coalesce(to_regrole(name)::oid::bigint, 0) FROM pigsty.claim ORDER BY 1"),
              "changed|f\nolder|t\n");
    session = fresh();
    EXPECT_DONE(updated(other, other, other_id));
    EXPECT_EQ(sql("SELECT count(*) FROM pigsty.claim WHERE object_oid = to_regrole(name)::oid::bigint"), "2\n");
    EXPECT_DONE(dropped(other, other_id));
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, one_odd_name_is_told_and_the_rest_goes_on) {
    sql("CREATE DATABASE latin ENCODING LATIN1 TEMPLATE template0 LOCALE 'C'");
    const auto with_odd_role = [](const std::string& form) {
        return sql(
            "DO $$BEGIN EXECUTE format('" + form +
                "', 'caf' || convert_from('\\xe9', 'LATIN1'), (SELECT rolname FROM pg_authid WHERE oid = (SELECT "
                "max(oid) FROM pg_authid))); END$$",
            "latin");
    };
    EXPECT_EQ(with_odd_role("CREATE ROLE %I"), "");
    const PgUser user = wish("caf\u00e9");
    const std::string id = created(user);
    EXPECT_EQ(with_odd_role("GRANT %I TO %I"), "");
    const auto other = fresh();
    std::vector<std::string> warnings;
    const auto live = read_user(*other, user, id, cancel, &warnings);
    ASSERT_TRUE(live) << summary(live.error());
    ASSERT_TRUE(*live);
    EXPECT_EQ(to_json((*live)->object), to_json(user));
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("the role \"caf\\xE9\", whose name is not UTF-8")));
    ASSERT_TRUE(read_user(*other, user, id, cancel, &warnings));
    EXPECT_THAT(warnings, IsEmpty()) << "once is enough";
    // Ours owns something where its name would be written in other bytes.
    sql("CREATE SCHEMA theirs", "latin");
    EXPECT_EQ(with_odd_role("ALTER SCHEMA theirs OWNER TO %2$I"), "");
    EXPECT_DONE(dropped(user, id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'theirs' AND nspowner = 10", "latin"), "1\n");
    EXPECT_EQ(with_odd_role("DROP ROLE %I"), "");
    sql("DROP DATABASE latin");
}

TEST_F(UserTest, writers_of_two_processes_take_turns) {
    // The second has a snapshot of before the first wrote, and both make the table of claims and the same role.
    sql("DROP SCHEMA IF EXISTS pigsty CASCADE");
    const auto one = fresh();
    const auto two = fresh();
    ASSERT_TRUE(read_user(*one, wish("raced"), "", cancel));
    ASSERT_TRUE(read_user(*two, wish("raced"), "", cancel));
    std::vector<std::optional<Result<std::string>>> results(2);
    {
        std::jthread first([&] { results[0] = create_user(*one, wish("raced"), {.name = "create"}, cancel); });
        std::jthread second([&] { results[1] = create_user(*two, wish("raced"), {.name = "create"}, cancel); });
    }
    const auto& winner = results[0]->has_value() ? *results[0] : *results[1];
    const auto& loser = results[0]->has_value() ? *results[1] : *results[0];
    ASSERT_TRUE(winner) << summary(winner.error());
    ASSERT_FALSE(loser);
    EXPECT_EQ(summary(loser.error()),
              "expected no role \"raced\" in pg-test, found one that this configuration did not make");
    // Many of both, side by side: none meets another's half-written row.
    const auto many = [&](ClusterSession& with, const char* name) {
        for (int i = 0; i < 10; ++i) {
            PgUser user = wish(name + std::to_string(i));
            user.roles = {"raced"};
            const auto id = create_user(with, user, {.name = "create"}, cancel);
            EXPECT_TRUE(id) << summary(id.error()) << detail(id.error());
            if (id) EXPECT_DONE(drop_user(with, user, *id, {.name = "destroy"}, cancel));
        }
    };
    {
        std::jthread first([&] { many(*one, "a"); });
        std::jthread second([&] { many(*two, "b"); });
    }
    session = fresh();
    EXPECT_DONE(dropped(wish("raced"), *winner));
}

TEST_F(UserTest, waits_for_another_writer_no_longer_than_told_and_names_it) {
    ASSERT_TRUE(
        machine->run("PGAPPNAME='terraform-provider-pigsty ann@ops 7' runuser -u postgres -- psql -X -c \"SELECT "
                     "pg_advisory_lock(1885955955, 29817), pg_sleep(600)\" </dev/null >/dev/null 2>&1 &"));
    while (sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") != "1\n")
        ASSERT_FALSE(cancel.expired());
    const auto id = create_user(*session, wish("waiting"), {.name = "create"}, Cancel::within(std::chrono::seconds(7)));
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().code, ErrorCode::stalled);
    EXPECT_THAT(
        summary(id.error()),
        HasSubstr(
            "waiting for the turn to write in this cluster, which terraform-provider-pigsty ann@ops 7 (process "));
    sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
    session = fresh();
    EXPECT_DONE(dropped(wish("waiting"), created(wish("waiting"))));
}

TEST_F(UserTest, a_cluster_whose_identity_is_not_known_or_another_is_not_touched) {
    const auto with = [&](const std::string& identifier) {
        return std::make_shared<ClusterSession>(
            cluster, identifier, connection_of(cluster, session->id()),
            [](const node::NodeAddress&, const Cancel&, node::Reach) -> Result<node::NodePtr> {
                return node::NodePtr(node_);
            });
    };
    const auto unknown = create_user(*with(""), wish("nobody"), {.name = "create"}, cancel);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(summary(unknown.error()), HasSubstr("expected the system identifier in the claim"));
    const auto another = create_user(*with("7"), wish("nobody"), {.name = "create"}, cancel);
    ASSERT_FALSE(another);
    EXPECT_THAT(summary(another.error()), HasSubstr("expected the PostgreSQL cluster with system identifier 7, found"));
}

TEST_F(UserTest, keeps_in_its_claim_what_its_manager_wants_to_find_again) {
    PgUser user = wish("kept");
    const std::string id = created(user);
    EXPECT_EQ(sql("SELECT spec ? 'resource' FROM pigsty.claim WHERE name = 'kept'"), "f\n") << "nothing to keep";
    PgUser next = user;
    next.resource = {{"drift_policy", "report"}};
    EXPECT_DONE(updated(user, next, id));
    const auto imported = import_user(*fresh(), "kept", cancel);
    ASSERT_TRUE(imported);
    EXPECT_EQ(imported->object.resource, next.resource);
    EXPECT_DONE(updated(next, user, id));
    EXPECT_TRUE(import_user(*fresh(), "kept", cancel)->object.resource.is_null());
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, goes_on_with_an_unfinished_create) {
    const PgUser user = wish("unfinished");
    const std::string id = created(user);
    sql("UPDATE pigsty.claim SET state = 'creating' WHERE name = 'unfinished'");
    session = fresh();
    EXPECT_EQ(created(user), id);
    EXPECT_EQ(sql("SELECT state FROM pigsty.claim WHERE name = 'unfinished'"), "ready\n");
    EXPECT_DONE(dropped(user, id));
}

}  // namespace
}  // namespace pigsty::module::pgsql
