// pgbouncer's lists on a throw-away machine, beside something that answers as pgbouncer's console does.
#include "core/module/pgsql/pool/lists.h"

#include <thread>

#include "core/module/pgsql/session/testing/live_cluster.h"
#include "core/render/pgbouncer.h"

namespace pigsty::module::pgsql {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A RELOAD waits while /tmp/hold is there, and minds a user called "broken", as pgbouncer does: in its log.
constexpr const char* kConsole = R"sh(
mkdir -p /etc/systemd/system /run/units
: >/etc/systemd/system/pgbouncer.service
: >/run/units/pgbouncer.service.active
printf 'listen_port = 6432\n' >/etc/pgbouncer/listen.ini
printf 'logfile = /tmp/pgbouncer.log\n' >/etc/pgbouncer/pgbouncer.ini
: >/tmp/pgbouncer.log; chmod 0666 /tmp/pgbouncer.log
cat >/usr/local/bin/psql <<'PSQL'
#!/bin/sh
case "$*" in *'-d pgbouncer '*) ;; *) exec /usr/bin/psql "$@" ;; esac
case "$*" in *RELOAD*) ;; *) exit 0 ;; esac
while [ -e /tmp/hold ]; do echo held >/tmp/pgbouncer.held; sleep 0.02; done
if grep -q broken /etc/pgbouncer/userlist.txt; then echo '2026-01-01 ERROR broken auth file' >>/tmp/pgbouncer.log; fi
PSQL
chmod 0755 /usr/local/bin/psql
)sh";

class PoolLists : public LiveCluster {
  protected:
    void SetUp() override {
        LiveCluster::SetUp();
        if (!node_) return;
        ASSERT_TRUE(machine->run(kConsole));
        ASSERT_TRUE(machine->run("rm -rf /etc/pgbouncer/fragments /etc/pgbouncer/*.txt"));
        ASSERT_TRUE(node_->request({node::RunScript{.text = ":"}}, cancel, {}));  // what was seen counts no more
    }
    static Fragments fragment(const std::string& name) {
        return {{fragment_path("userlist", name), Secret("\"" + name + "\" \"\"\n")}};
    }
    Status put(const Fragments& wanted) { return put_fragments(*session, wanted, {.name = "test"}, cancel); }
    std::vector<std::string> drift(const Fragments& wanted) { return fragment_drift(*session, wanted, cancel).value(); }
    [[nodiscard]] PoolCounters counted() const { return session->counters().pool; }
    static std::string userlist() { return machine->read(render::kPgbouncerUserlist); }
    void act(const std::string& script) { ASSERT_TRUE(node_->request({node::RunScript{.text = script}}, cancel, {})); }

    // Puts `first` and, while pgbouncer is busy with it, all of these.
    std::vector<Status> put_meanwhile(const std::string& first, const std::vector<std::string>& names) {
        EXPECT_TRUE(machine->run(": >/tmp/hold; rm -f /tmp/pgbouncer.held; chmod 1777 /tmp"));
        std::vector<Status> statuses(names.size());
        {
            const std::jthread one([&] { EXPECT_TRUE(put(fragment(first))); });
            while (machine->read("/tmp/pgbouncer.held").empty() && !cancel.expired()) std::this_thread::yield();
            std::vector<std::jthread> others;
            for (std::size_t i = 0; i < names.size(); ++i)
                others.emplace_back([&, i] { statuses[i] = put(fragment(names[i])); });
            while (session->pool_queue().waiting() < names.size() && !cancel.expired()) std::this_thread::yield();
            EXPECT_TRUE(machine->run("rm /tmp/hold"));
        }
        return statuses;
    }
};

TEST_F(PoolLists, many_at_once_are_written_together_and_reload_once) {
    std::vector<std::string> names;
    for (int i = 0; i < 30; ++i) names.push_back("user" + std::to_string(i));
    for (const Status& status : put_meanwhile("first", names)) EXPECT_TRUE(status) << detail(status.error());
    // The first write makes all three lists; the second replaces the one that changed.
    EXPECT_EQ(counted().list_writes, 4U);
    EXPECT_EQ(counted().reloads, 2U);
    for (const std::string& name : names) EXPECT_THAT(userlist(), HasSubstr("\"" + name + "\""));
    EXPECT_TRUE(put(fragment("user7")));
    EXPECT_EQ(counted().reloads, 2U) << "nothing to do";
}

TEST_F(PoolLists, what_pgbouncer_does_not_take_is_an_error_of_its_owner_alone) {
    const auto statuses = put_meanwhile("first", {"a", "b", "broken", "c", "d"});
    for (std::size_t i = 0; i < statuses.size(); ++i) EXPECT_EQ(statuses[i].has_value(), i != 2) << i;
    ASSERT_FALSE(statuses[2]);
    EXPECT_EQ(summary(statuses[2].error()), "pg-test-1: pgbouncer's lists cannot be put together");
    EXPECT_THAT(detail(statuses[2].error()), HasSubstr("broken auth file"));
    for (const char* name : {"a", "b", "c", "d"}) EXPECT_THAT(userlist(), HasSubstr("\"" + std::string(name) + "\""));
    EXPECT_THAT(userlist(), Not(HasSubstr("broken")));
    EXPECT_THAT(drift(fragment("a")), IsEmpty());
    EXPECT_THAT(machine->run("ls -A /etc/pgbouncer /etc/pgbouncer/fragments/userlist.d").value(),
                AllOf(Not(HasSubstr("before")), Not(HasSubstr(".old")), Not(HasSubstr(".new"))));
}

TEST_F(PoolLists, a_reload_that_a_killed_run_owed_is_drift_of_its_object_and_made_good) {
    ASSERT_TRUE(put(fragment("settled")));
    ASSERT_TRUE(put(fragment("late")));
    const auto before = counted();
    // Killed between the list and the reload: the run had noted what it was about.
    act("echo userlist.d/late >/etc/pgbouncer/fragments/.owed");
    EXPECT_THAT(drift(fragment("settled")), IsEmpty());
    EXPECT_THAT(
        drift(fragment("late")),
        ElementsAre("pgbouncer pg-test-1: userlist.d/late was written by a run that ended before pgbouncer took it"));
    EXPECT_TRUE(put(fragment("late")));
    EXPECT_EQ(counted().reloads, before.reloads + 1);
    EXPECT_EQ(counted().list_writes, before.list_writes);
    EXPECT_THAT(drift(fragment("late")), IsEmpty());
    EXPECT_TRUE(put(fragment("late")));
    EXPECT_EQ(counted().reloads, before.reloads + 1);
}

TEST_F(PoolLists, a_run_that_is_killed_between_fragment_and_reload_leaves_a_note) {
    ASSERT_TRUE(put(fragment("one")));
    act(": >/tmp/hold; rm -f /tmp/pgbouncer.held; chmod 1777 /tmp");
    const Cancel killed;
    std::jthread run([&] { EXPECT_FALSE(put_fragments(*session, fragment("two"), {.name = "killed"}, killed)); });
    while (machine->read("/tmp/pgbouncer.held").empty() && !cancel.expired()) std::this_thread::yield();
    EXPECT_THAT(machine->read("/etc/pgbouncer/fragments/.owed"), HasSubstr("userlist.d/two\n"));
    EXPECT_THAT(userlist(), HasSubstr("two"));
    killed.request_stop();
    run.join();
    ASSERT_TRUE(machine->run("rm /tmp/hold"));
}

TEST_F(PoolLists, a_list_that_somebody_edited_is_drift_and_written_anew) {
    ASSERT_TRUE(put(fragment("mine")));
    act("echo '\"theirs\" \"\"' >>/etc/pgbouncer/userlist.txt");
    EXPECT_THAT(drift(fragment("mine")),
                ElementsAre("pgbouncer pg-test-1: userlist.txt is not what its fragments say"));
    EXPECT_TRUE(put(fragment("mine")));
    EXPECT_EQ(userlist(), "\"postgres\" \"\"\n\"mine\" \"\"\n");
    EXPECT_THAT(drift(fragment("mine")), IsEmpty());
}

}  // namespace
}  // namespace pigsty::module::pgsql
