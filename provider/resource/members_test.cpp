#include "provider/resource/members.h"

#include <gtest/gtest.h>

namespace pigsty::provider {
namespace {

using framework::Diagnostics;
using framework::Unknowns;
using value::Path;

const MemberMap<node::NodeAddress>& members() {
    static const MemberMap<node::NodeAddress> two{{"1", {.address = "10.10.10.11"}}, {"2", {.address = "10.10.10.12"}}};
    return two;
}

Path member(const std::string& number) { return Path::of("instances").key(number); }

Unknowns missing(Path path) {
    Unknowns unknown;
    unknown.add(std::move(path), false);
    return unknown;
}

// Or users and databases of a living cluster would be planned anew for a weight that is not known yet.
TEST(Members, are_known_whatever_else_is_not_known_of_them) {
    EXPECT_TRUE(knows_machines({}, members(), "instances"));
    EXPECT_TRUE(knows_machines(missing(member("2").attribute("weight")), members(), "instances"));
    EXPECT_TRUE(knows_machines(missing(Path::of("drift_ignore")), members(), "instances"));
    Unknowns text;
    text.add(member("2").attribute("address"), true);
    EXPECT_TRUE(knows_machines(text, members(), "instances"));
    EXPECT_FALSE(knows_machines(missing(member("2").attribute("ssh").attribute("port")), members(), "instances"));
    EXPECT_FALSE(knows_machines(missing(member("2")), members(), "instances"));
    EXPECT_FALSE(knows_machines(missing(Path::of("instances")), {}, "instances"));
}

TEST(Members, that_are_not_known_as_a_whole_are_not_called_removed) {
    Diagnostics diagnostics;
    refuse_changed_members(members(), {}, "instances", missing(Path::of("instances")), diagnostics);
    ASSERT_EQ(diagnostics.size(), 1U);
    EXPECT_EQ(diagnostics.begin()->summary, "Members not known yet");
}

}  // namespace
}  // namespace pigsty::provider
