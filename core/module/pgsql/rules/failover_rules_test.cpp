#include <utility>

#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/testing/checked.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ClusterRules, want_promises_that_can_be_kept) {
    EXPECT_THAT(after([](PgCluster& c) { c.rto = "30"; }),
                ElementsAre("rto: expected fast, norm, safe or wide, found \"30\""));
    EXPECT_EQ(after([](PgCluster& c) { c.rpo = -1; }).size(), 1U);
    EXPECT_THAT(after([](PgCluster& c) { c.rto = "fast", c.rpo = 0; }), IsEmpty());
    EXPECT_THAT(after([](PgCluster& c) { c.rpo = 0, c.synchronous.enabled = false; }),
                ElementsAre("synchronous.enabled: rpo = 0 means that no committed transaction is lost, which "
                            "replication that no commit waits for cannot promise"));
    EXPECT_THAT(after([](PgCluster& c) { c.rto = unknown_marker("rto"); }), IsEmpty());
}

TEST(ClusterRules, want_standbys_that_a_commit_can_wait_for) {
    const auto with = [](Synchronous synchronous) {
        return after([&](PgCluster& c) { c.synchronous = std::move(synchronous); });
    };
    EXPECT_THAT(with({.enabled = true, .mode = "quorum", .strict = true}), IsEmpty());
    EXPECT_THAT(with({.enabled = true, .mode = "all"}),
                ElementsAre("synchronous.mode: expected on or quorum, found \"all\""));
    EXPECT_THAT(
        with({.enabled = true, .count = 2}),
        ElementsAre("synchronous.count: expected 1 at most, found 2: beside the leader there are no more standbys "
                    "that a commit may wait for"));
    EXPECT_THAT(with({.strict = true}),
                ElementsAre("synchronous.strict: strict = true says nothing while synchronous replication is off"));
    EXPECT_THAT(with({.mode = "quorum", .count = 2}).size(), 2U);
    EXPECT_THAT(
        after([](PgCluster& c) {
            c.instances.erase("2");
            c.synchronous = {.enabled = true, .strict = true};
        }),
        ElementsAre("synchronous.strict: expected two members that may lead, found 1: no commit would ever pass"));
    EXPECT_THAT(after([](PgCluster& c) {
                    c.instances.clear();  // not known yet: only their absence is seen
                    c.synchronous = {.enabled = true, .strict = true, .count = 3};
                }).size(),
                1U);
}

TEST(ClusterRules, want_services_that_ask_for_who_can_be_there) {
    const auto asks = [](std::string check, std::string mode) {
        return after([&](PgCluster& c) {
            c.synchronous = {.enabled = true, .mode = std::move(mode)};
            c.services["standby"] = {.port = 5435, .check = std::move(check)};
        });
    };
    EXPECT_THAT(asks("/sync", "on"), IsEmpty());
    EXPECT_THAT(asks("/quorum", "quorum"), IsEmpty());
    EXPECT_THAT(
        asks("/sync?lag=1MB", "quorum"),
        ElementsAre("services[\"standby\"].check: every member answers 503 to /sync?lag=1MB under mode \"quorum\""));
    EXPECT_THAT(asks("/quorum", "on"),
                ElementsAre("services[\"standby\"].check: every member answers 503 to /quorum under mode \"on\""));
    // The standby service that comes with it has a port of its own.
    EXPECT_THAT(after([](PgCluster& c) {
                    c.synchronous.enabled = true;
                    c.services["reports"] = {.port = 5435};
                }),
                ElementsAre("services[\"reports\"].port: port 5435 is taken by default_services[\"standby\"].port"));
}

TEST(ClusterRules, warn_of_what_is_not_synchronous) {
    PgCluster cluster = valid_cluster();
    EXPECT_THAT(synchronous_warnings(cluster), IsEmpty());
    cluster.template_name = "crit";
    EXPECT_EQ(synchronous_warnings(cluster).size(), 1U) << "an offline member may acknowledge";
    cluster.instances.erase("3");
    EXPECT_THAT(synchronous_warnings(cluster), IsEmpty());
    cluster.instances.erase("2");
    EXPECT_EQ(synchronous_warnings(cluster).size(), 1U) << "nobody to wait for";
    cluster.synchronous.enabled = false;
    EXPECT_EQ(synchronous_warnings(cluster).size(), 1U) << "crit without what it is for";
}

}  // namespace
}  // namespace pigsty::module::pgsql
