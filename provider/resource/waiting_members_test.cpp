#include "provider/resource/waiting_members.h"

#include <gtest/gtest.h>

namespace pigsty::provider {
namespace {

client::PatroniCluster cluster(bool first, bool second) {
    client::PatroniCluster seen;
    seen.members.resize(2);
    seen.members[0].name = "pg-test-1";
    seen.members[0].pending_restart = first;
    seen.members[1].name = "pg-test-2";
    seen.members[1].pending_restart = second;
    return seen;
}

using module::pgsql::Waiting;

TEST(WaitingMembers, are_those_that_patroni_names) {
    framework::PrivateData data;
    note_waiting(data, waiting_in(cluster(true, true), {{"max_connections", "300"}}));
    EXPECT_EQ(waiting_members(data),
              (Waiting{.members = {"pg-test-1", "pg-test-2"}, .runs_with = {{"max_connections", "300"}}}));
    note_waiting(data, waiting_in(cluster(false, true), {}));
    EXPECT_EQ(waiting_members(data), (Waiting{.members = {"pg-test-2"}}));
    note_waiting(data, waiting_in(cluster(false, false), {}));
    EXPECT_EQ(data, framework::PrivateData());
}

TEST(WaitingMembers, are_all_after_a_change_of_ours_until_patroni_can_know) {
    framework::PrivateData data;
    const Waiting ours{.members = {"pg-test-1", "pg-test-2"}, .runs_with = {{"shared_buffers", "1GB"}}};
    expect_waiting(data, ours);
    note_waiting(data, waiting_in(cluster(true, false), {}));
    EXPECT_EQ(waiting_members(data), ours);
    data.set("waiting_for_restart_until", "1");  // long ago
    note_waiting(data, waiting_in(cluster(true, false), {}));
    EXPECT_EQ(waiting_members(data), (Waiting{.members = {"pg-test-1"}}));
}

TEST(WaitingMembers, are_none_once_they_were_restarted) {
    framework::PrivateData data;
    expect_waiting(data, {.members = {"pg-test-1"}});
    forget_waiting(data);
    EXPECT_EQ(waiting_members(data), Waiting());
    EXPECT_EQ(data, framework::PrivateData());
}

}  // namespace
}  // namespace pigsty::provider
