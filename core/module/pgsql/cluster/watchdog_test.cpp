#include "core/module/pgsql/cluster/watchdog.h"

#include <gmock/gmock.h>

#include "core/item/precondition.h"

namespace pigsty::module::pgsql {
namespace {

TEST(Watchdog, is_refused_where_it_is_required_and_missing) {
    PgCluster cluster;
    EXPECT_TRUE(watchdog_reservation(cluster).empty());
    cluster.patroni.watchdog = "automatic";
    EXPECT_TRUE(watchdog_reservation(cluster).empty());
    cluster.patroni.watchdog = "required";
    const auto items = watchdog_reservation(cluster);
    ASSERT_EQ(items.size(), 1U);
    const auto* device = dynamic_cast<const item::Precondition*>(items.front().get());
    ASSERT_NE(device, nullptr);
    const auto with = [&](const std::string& owner) {
        node::Observation seen;
        seen.set(*device->looks().begin(), owner);
        return device->check(seen);
    };
    EXPECT_TRUE(with("root\n"));
    const Status refused = with("");
    ASSERT_FALSE(refused);
    EXPECT_EQ(
        refused.error().message,
        "patroni.watchdog: expected a watchdog device at /dev/watchdog, found none: with \"required\" this member "
        "could never lead");
}

}  // namespace
}  // namespace pigsty::module::pgsql
