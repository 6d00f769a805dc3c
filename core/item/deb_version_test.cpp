#include "core/item/deb_version.h"

#include <gtest/gtest.h>

namespace pigsty::item {
namespace {

// Pairs as `dpkg --compare-versions` orders them.
TEST(DebVersion, orders_as_dpkg_does) {
    for (const auto& [less, more] : std::initializer_list<std::pair<const char*, const char*>>{
             {"3.5.28~rc1", "3.5.28"},
             {"3.5.9", "3.5.16"},
             {"1.0-1", "1.0-1+deb13u1"},
             {"1.0-1~deb12u1", "1.0-1"},
             {"9.9", "1:0.1"},
             {"1.0", "1.0.1"},
             {"1.0", "1.0a"},
             {"1.0a", "1.0+b"},
             {"1.0~~", "1.0~"},
             {"2.9.99", "2.10"},
         }) {
        EXPECT_LT(compare_deb_versions(less, more), 0) << less << " " << more;
        EXPECT_GT(compare_deb_versions(more, less), 0) << less << " " << more;
    }
}

TEST(DebVersion, has_several_spellings) {
    EXPECT_EQ(compare_deb_versions("0:1.0-1", "1.0-1"), 0);
    EXPECT_EQ(compare_deb_versions("1.0", "1.0-0"), 0);
    EXPECT_EQ(compare_deb_versions("1.01", "1.1"), 0);
    EXPECT_EQ(upstream_version("1:4.0.7-3~deb13u1"), "4.0.7");
    EXPECT_EQ(upstream_version("3.5.28~rc1"), "3.5.28~rc1");
}

}  // namespace
}  // namespace pigsty::item
