// What the table does beyond files, on a real root end.
#include "core/module/pgsql/cluster/table.h"

#include <algorithm>

#include "core/converge/handlers.h"
#include "core/converge/testing/one_member.h"
#include "core/module/pgsql/cluster/items.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/testing/node_test.h"

namespace pigsty::module::pgsql {
namespace {

using converge::OneMember;
using converge::Site;
using converge::Step;
using converge::When;

class TableTest : public node::NodeTest {
  protected:
    Status act(const converge::Table& table, const std::string& name, const nlohmann::json& facts = {}) {
        const auto step = std::ranges::find(table, name, &Step::name);
        const auto site = std::make_shared<Site>(Site{.member = {}, .node = node});
        if (!facts.is_null()) site->claim = node::Claim{.kind = kKind, .name = cluster.name, .id = "1", .facts = facts};
        OneMember context(site);
        const Status status = step->act(*site, context);
        said = context.warnings;
        return status;
    }

    PgCluster cluster;
    std::vector<std::string> said;  // by the last act
};

TEST(Table, the_lists_of_a_pgbouncer_enabled_later_are_put_together_too) {
    PgCluster cluster;
    cluster.pgbouncer.enabled = true;
    const auto table = table_of(cluster, nullptr);
    const auto lists = std::ranges::find(table, "pgbouncer lists", &Step::name);
    const auto files = std::ranges::find(table, "pgbouncer", &Step::name);
    ASSERT_LT(files, lists);
    EXPECT_EQ(lists->act_when, When::when_changed);
    EXPECT_EQ(lists->watches, std::vector<std::string>{"pgbouncer"});
}

TEST(Table, a_gap_in_the_archive_is_noted_before_the_command_is_put_right) {
    PgCluster cluster;
    cluster.backup.emplace();
    const auto step = [&](bool anew, const char* name) {
        const auto table = table_of(cluster, nullptr, {.creating = false, .backups = {.prove = true, .anew = anew}});
        return std::ranges::find(table, name, &Step::name) - table.begin();
    };
    EXPECT_LT(step(true, "gap in the archive"), step(true, "dynamic configuration"));
    const auto without = table_of(cluster, nullptr, {.creating = false, .backups = {.prove = true}});
    EXPECT_EQ(std::ranges::count(without, "gap in the archive", &Step::name), 0);
}

TEST_F(TableTest, verifiers_of_a_disabled_pgbouncer_do_not_outlive_the_cluster) {
    cluster.pgbouncer.enabled = false;
    machine
        ->run(
            "mkdir -p /etc/pgbouncer/fragments/userlist.d && cd /etc/pgbouncer && echo x > fragments/userlist.d/app && "
            "echo x > userlist.txt && echo x > database.txt && echo x > useropts.txt && echo x > theirs.ini")
        .value();
    const auto removed = act(removal_of(cluster, "", {}), "remove data");
    ASSERT_TRUE(removed) << summary(removed.error()) << detail(removed.error());
    EXPECT_EQ(machine->run("ls /etc/pgbouncer | grep -E 'fragments|txt|theirs'").value(), "theirs.ini\n");

    // Without fragments the list is not ours.
    machine->run("echo x > /etc/pgbouncer/userlist.txt").value();
    EXPECT_TRUE(act(removal_of(cluster, "", {}), "remove data"));
    EXPECT_EQ(machine->read("/etc/pgbouncer/userlist.txt"), "x\n");
}

TEST_F(TableTest, a_final_backup_is_made_while_all_is_in_use_or_nothing_is_touched) {
    cluster.name = "pg-test";
    cluster.backup = Backup{.repository = minio::Access{.id = "one", .name = "minio"}, .encryption = false};
    const auto none = removal_of(cluster, "", {});
    EXPECT_EQ(std::ranges::count(none, "final backup", &Step::name), 0);
    cluster.final_backup = true;
    const Ways ways{.connect = [](const auto&, const auto&, auto) -> Result<node::NodePtr> {
                        return fail(ErrorCode::unreachable, "SSH port did not answer");
                    },
                    .sessions = {}};
    cluster.ca.nodes["1"] = {.address = "10.10.10.10"};
    const auto table = removal_of(cluster, "", ways);
    EXPECT_EQ(table.front().name, "final backup");
    EXPECT_TRUE(table.front().while_in_use);
    EXPECT_EQ(std::ranges::count(table, true, &Step::while_in_use), 1);
    const auto failed = act(table, "final backup", nlohmann::json::object());
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, testing::StartsWith("no final backup of pg-test: "));
    EXPECT_THAT(failed.error().hint, testing::HasSubstr("Nothing was touched."));
    EXPECT_THAT(failed.error().hint, testing::HasSubstr("set final_backup = false, apply that, and destroy again"));
    EXPECT_TRUE(act(table, "backups", {{"final_backup", "20261130-022842F"}}));
    EXPECT_THAT(said,
                testing::ElementsAre("final backup of pg-test: 20261130-022842F, in bucket pgsql of MinIO cluster "
                                     "minio, below /pgbackrest. restore_from with cluster = \"pg-test\" makes a "
                                     "cluster out of it"));
    machine
        ->run(
            "mkdir -p /pg/data/pg_wal/archive_status && touch /pg/data/pg_wal/archive_status/01.ready "
            "/pg/data/pg_wal/archive_status/02.done")
        .value();
    EXPECT_TRUE(act(table, "backups", {{"final_backup", "20261130-022842F"}}));
    EXPECT_THAT(said, testing::Contains(testing::StartsWith("1 segments of WAL of pg-test did not get")));
    EXPECT_TRUE(act(table, "backups", nlohmann::json::object()));
    EXPECT_THAT(said, testing::ElementsAre(testing::StartsWith("backups of pg-test stay in")));
}

// Whatever there is goes, and no package is needed to prove it: a control file begins with the system identifier.
TEST_F(TableTest, data_goes_when_its_own_control_file_says_so) {
    cluster.name = "pg-test";
    cluster.version = 17;
    const std::string data = cluster_folder(cluster) + "/data";
    const auto initialised = [&] {
        machine
            ->run("mkdir -p " + data + "/global " + data +
                  ".failed/base && printf '\\052\\0\\0\\0\\0\\0\\0\\0rest' > " + data +
                  "/global/pg_control && echo x > " + data + "/PG_VERSION")
            .value();
    };
    const auto left = [&] {
        return machine->run("ls " + cluster_folder(cluster) + " 2>/dev/null | xargs; true").value();
    };
    const auto removed = [&](const std::string& stated, const nlohmann::json& facts) {
        const auto status = act(removal_of(cluster, stated, {}), "remove data", facts);
        return status ? std::string() : status.error().output;
    };
    initialised();
    EXPECT_THAT(removed("43", {}), testing::HasSubstr("expected the data of the cluster with system identifier 43"));
    EXPECT_THAT(removed("42", {{"system_identifier", "43"}}), testing::HasSubstr("found 42"));
    // A claim that was lost and made anew knows nothing, and neither does the state: then nothing is proved.
    EXPECT_THAT(removed("", nlohmann::json::object()),
                testing::HasSubstr("neither a claim, nor the state, nor etcd says"));
    EXPECT_EQ(left(), "data data.failed\n");
    EXPECT_EQ(removed("43", {{"system_identifier", "42"}}), "");
    EXPECT_EQ(left(), "\n");
    initialised();
    EXPECT_EQ(removed("42", {}), "");
    // A create that ended before it knew itself, and one that ended in initdb.
    initialised();
    EXPECT_EQ(removed("", {{converge::kUnfinished, true}}), "");
    EXPECT_EQ(left(), "\n");
    initialised();
    machine->run(": > " + data + "/global/pg_control").value();
    EXPECT_EQ(removed("", nlohmann::json::object()), "");
    EXPECT_EQ(left(), "\n");
    EXPECT_EQ(removed("42", {}), "") << "nothing is there any more";
}

TEST_F(TableTest, a_server_without_its_patroni_is_stopped_and_a_pid_file_alone_stops_nobody) {
    cluster.name = "pg-test";
    cluster.version = 17;
    const std::string data = cluster_folder(cluster) + "/data";
    const auto pid = [&] { return machine->run("head -n 1 " + data + "/postmaster.pid").value(); };
    // It lives as a server does: in its data folder, until it is told to end. Not a shell: what a shell starts in the
    // background ignores SIGINT, and another shell cannot take that back.
    machine
        ->run("mkdir -p " + data + " && cd " + data +
              R"sh( && (perl -e '$SIG{INT} = sub { exit 0 };
open my $file, ">", "postmaster.pid"; print {$file} "$$\n"; close $file;
sleep 1 while 1' >/dev/null 2>&1 </dev/null &) && until [ -s postmaster.pid ]; do sleep 0.05; done)sh")
        .value();
    const std::string process = pid();
    const auto refused = act(removal_of(cluster, "42", {}), "remove data");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().output, testing::HasSubstr("PostgreSQL still runs"));
    EXPECT_TRUE(act(removal_of(cluster, "42", {}), "stop leader"));
    EXPECT_EQ(machine->run("readlink /proc/" + process.substr(0, process.size() - 1) + "/cwd 2>/dev/null || echo gone")
                  .value(),
              "gone\n")
        << "ended, though its parent may not have collected it yet";
    // Its file is left, and its number may be anybody's.
    machine->run("echo $$ > " + data + "/postmaster.pid").value();
    EXPECT_TRUE(act(removal_of(cluster, "42", {}), "stop leader"));
    EXPECT_TRUE(act(removal_of(cluster, "42", {}), "remove data"));
}

TEST_F(TableTest, a_reload_of_haproxy_that_bound_nothing_brings_the_old_service_back) {
    cluster.name = "pg-test";
    machine
        ->run(R"sh(mkdir -p /run/units /etc/haproxy/conf.d
echo > /etc/systemd/system/haproxy.service
echo > /run/units/haproxy.service.active
printf '# Written by terraform-provider-pigsty: x\n    bind *:5433\n' > /etc/haproxy/conf.d/new.cfg
cat > /usr/bin/ss <<'END'
#!/bin/sh
echo "LISTEN 0 9 *:5433 *:* users:((\"$(cat /run/holder)\",pid=7,fd=3))"
END
chmod +x /usr/bin/ss)sh")
        .value();
    const auto handlers = haproxy_items(cluster).at(1)->handlers();
    ASSERT_EQ(handlers.size(), 1U);
    const auto reload = converge::script_of({.handler = handlers.front(), .paths = {"/etc/haproxy/conf.d/new.cfg"}});

    machine->run("echo haproxy > /run/holder").value();
    EXPECT_EQ(done({reload}).back().status, 0);
    EXPECT_NE(machine->read("/run/systemctl.log").find("reload -- haproxy.service"), std::string::npos);

    machine->run("echo nginx > /run/holder").value();
    const auto refused = done({reload}).back();
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("expected HAProxy to listen on port 5433 after its reload, found: LISTEN 0 9 *:5433 *:* "
                               "users:((\"nginx\""),
              std::string::npos)
        << refused.err;
    EXPECT_NE(refused.err.find("put back as it was before: /etc/haproxy/conf.d/new.cfg"), std::string::npos);
}

}  // namespace
}  // namespace pigsty::module::pgsql
