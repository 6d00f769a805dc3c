#include "core/render/diff.h"

#include <gmock/gmock.h>

namespace pigsty::render {
namespace {

TEST(Diff, shows_changes_with_their_surroundings) {
    EXPECT_EQ(unified_diff("f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
              "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    EXPECT_EQ(unified_diff("f", "a\nb\n", "a\nb\nc\n"), "--- f\n+++ f\n@@ -1,2 +1,3 @@\n a\n b\n+c\n");
    EXPECT_EQ(unified_diff("f", "", "a\n"), "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n");
    EXPECT_EQ(unified_diff("f", "a\n", "a\n"), "");
}

TEST(Diff, splits_hunks_that_are_far_apart) {
    std::string before;
    for (int i = 1; i <= 20; ++i) before += std::to_string(i) + "\n";
    std::string after = before;
    after.replace(0, 1, "one");
    after.replace(after.find("20"), 2, "twenty");
    const std::string diff = unified_diff("f", before, after);
    EXPECT_NE(diff.find("@@ -1,4 +1,4 @@\n"), std::string::npos);
    EXPECT_NE(diff.find("@@ -17,4 +17,4 @@\n"), std::string::npos);
}

TEST(Diff, ends_where_a_reader_would_stop) {
    std::string after;
    for (int i = 0; i < 100; ++i) after += "line\n";
    const std::string diff = unified_diff("f", "", after, 10);
    EXPECT_EQ(std::count(diff.begin(), diff.end(), '\n'), 10);
    EXPECT_TRUE(diff.ends_with("… 94 more lines\n")) << diff;
}

}  // namespace
}  // namespace pigsty::render
