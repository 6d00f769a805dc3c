#include "core/render/selector.h"

#include <gmock/gmock.h>

namespace pigsty::render {
namespace {

const nlohmann::json kPrimary{{"pg_role", "primary"}, {"pg_seq", 1}, {"pg_offline_query", false}, {"pg_weight", 100}};
const nlohmann::json kReplica{{"pg_role", "replica"}, {"pg_seq", 2}, {"pg_offline_query", true}, {"pg_weight", 0}};
const nlohmann::json kOffline{{"pg_role", "offline"}, {"pg_seq", 3}, {"pg_offline_query", false}, {"pg_weight", 100}};

// "123" for who matches.
std::string matches(std::string_view text) {
    const auto selector = Selector::parse(text);
    if (!selector) return selector.error().message;
    std::string who;
    for (const auto* member : {&kPrimary, &kReplica, &kOffline})
        if (selector->matches(*member)) who += std::to_string(member->at("pg_seq").get<int>());
    return who;
}

TEST(Selector, finds_what_services_ask_for) {
    EXPECT_EQ(matches("[]"), "123");
    EXPECT_EQ(matches("[? pg_role == `primary`]"), "1");
    EXPECT_EQ(matches("[? pg_role == `\"primary\"` || pg_role == 'offline' ]"), "13");
    EXPECT_EQ(matches("[? pg_role == `offline` || pg_offline_query ]"), "23");
    EXPECT_EQ(matches("[? pg_role == `replica` && !pg_offline_query]"), "");
    EXPECT_EQ(matches("[?pg_seq>=`2`&&!(pg_role!='offline')]"), "3");
    EXPECT_EQ(matches("[? !pg_offline_query && pg_seq < `3`]"), "1");
    EXPECT_EQ(matches("[? starts_with(pg_role, 'p') || ends_with(pg_role, `line`)]"), "13");
    EXPECT_EQ(matches("[? contains(pg_role, 'li')]"), "23");
    EXPECT_EQ(matches("[? \"pg_role\" == 'replica']"), "2");
}

TEST(Selector, takes_zero_for_true_and_null_for_false) {
    EXPECT_EQ(matches("[? pg_weight]"), "123");
    EXPECT_EQ(matches("[? pg_port]"), "");
    EXPECT_EQ(matches("[? pg_role > `1`]"), "");
}

TEST(Selector, says_where_it_stopped_understanding) {
    EXPECT_EQ(matches(""), "selector : expected \"[\" at the end");
    EXPECT_EQ(matches("[? pg_role = `x`]"), "selector [? pg_role = `x`]: expected \"]\" at \"= `x`]\"");
    EXPECT_EQ(matches("[? pg_rol == `x`]"), "selector [? pg_rol == `x`]: members have no \"pg_rol\"");
    EXPECT_EQ(matches("[? length(pg_role)]"), "selector [? length(pg_role)]: there is no function length()");
    EXPECT_EQ(matches("[? pg_role == `x]"), "selector [? pg_role == `x]: expected a closing ` at \"x]\"");
    EXPECT_EQ(matches("[?]"), "selector [?]: expected a name, a literal or a parenthesis at \"]\"");
    EXPECT_EQ(matches("[] x"), "selector [] x: expected the end at \"x\"");
}

}  // namespace
}  // namespace pigsty::render
