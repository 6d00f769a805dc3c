#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/testing/checked.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(StandbyRules, a_delayed_member_says_by_how_much) {
    const auto with = [](const std::string& role, const std::optional<std::string>& delay) {
        return after([&](PgCluster& c) {
            c.instances["3"].role = role;
            c.instances["3"].delay = delay;
        });
    };
    EXPECT_THAT(with("delayed", "1h"), IsEmpty());
    EXPECT_THAT(with("delayed", "1500"), IsEmpty());
    EXPECT_THAT(with("delayed", unknown_marker("delay")), IsEmpty());
    EXPECT_THAT(with("delayed", std::nullopt),
                ElementsAre("instances[\"3\"].delay: expected how long it lags behind, found nothing"));
    EXPECT_THAT(with("delayed", "0"), ElementsAre("instances[\"3\"].delay: expected a time, found \"0\""));
    EXPECT_THAT(with("delayed", "an hour"), ElementsAre(HasSubstr("instances[\"3\"].delay: ")));
    EXPECT_THAT(
        with("replica", "1h"),
        ElementsAre("instances[\"3\"].delay: expected none where role = \"replica\": who may lead or serves the "
                    "present does not lag behind on purpose"));
}

TEST(StandbyRules, a_member_streams_from_another_one) {
    const auto with = [](const std::string& second, const std::string& third) {
        return after([&](PgCluster& c) {
            if (!second.empty()) c.instances["2"].upstream = second;
            c.instances["3"].upstream = third;
        });
    };
    EXPECT_THAT(with("", "2"), IsEmpty());
    EXPECT_THAT(with("1", "2"), IsEmpty());
    EXPECT_THAT(with("", "3"), ElementsAre("instances[\"3\"].upstream: a member cannot stream from itself"));
    EXPECT_THAT(with("", "7"),
                ElementsAre("instances[\"3\"].upstream: expected the number of another member, found \"7\""));
    EXPECT_THAT(with("3", "2"),
                ElementsAre("instances[\"2\"].upstream: a ring: pg-test-2 streams from pg-test-2 by way of pg-test-3",
                            "instances[\"3\"].upstream: a ring: pg-test-3 streams from pg-test-3 by way of pg-test-2"));
}

TEST(StandbyRules, the_delay_has_one_place) {
    EXPECT_THAT(after([](PgCluster& c) { c.instances["3"].parameters["recovery_min_apply_delay"] = "1h"; }),
                ElementsAre(HasSubstr("recovery_min_apply_delay is set by delay of an instance")));
}

TEST(StandbyRules, commits_wait_for_who_streams_from_the_leader) {
    EXPECT_THAT(after([](PgCluster& c) {
                    c.instances["3"].role = "replica";
                    c.synchronous = {.enabled = true, .count = 2};
                }),
                IsEmpty());
    for (const bool is_delayed : {true, false})
        EXPECT_THAT(after([&](PgCluster& c) {
                        Instance& third = c.instances["3"];
                        third.role = "replica";
                        if (is_delayed)
                            third.role = "delayed", third.delay = "1h";
                        else
                            third.upstream = "2";
                        c.synchronous = {.enabled = true, .count = 2};
                    }),
                    ElementsAre(HasSubstr("synchronous.count: expected 1 at most, found 2")));
}

}  // namespace
}  // namespace pigsty::module::pgsql
