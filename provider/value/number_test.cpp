#include "provider/value/number.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace pigsty::value {
namespace {

Number parsed(std::string_view text) {
    auto number = Number::parse(text);
    EXPECT_TRUE(number) << text;
    return number.value_or(Number(0));
}

TEST(Number, prints_the_shortest_plain_text) {
    EXPECT_EQ(parsed("0").to_text(), "0");
    EXPECT_EQ(parsed("-0.0").to_text(), "0");
    EXPECT_EQ(parsed("007").to_text(), "7");
    EXPECT_EQ(parsed("1.50").to_text(), "1.5");
    EXPECT_EQ(parsed("1e3").to_text(), "1000");
    EXPECT_EQ(parsed("1E-7").to_text(), "0.0000001");
    EXPECT_EQ(parsed("-12.345e1").to_text(), "-123.45");
    EXPECT_EQ(parsed("0.00120").to_text(), "0.0012");
    EXPECT_EQ(parsed("1e30").to_text(), "1000000000000000000000000000000");
    EXPECT_EQ(parsed("3.14159265358979323846264338327950288").to_text(), "3.14159265358979323846264338327950288");
    EXPECT_EQ(parsed("0e4096").to_text(), "0");
}

TEST(Number, refuses_what_is_no_number) {
    for (const char* text :
         {"", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1 ", " 1", "1e5000", "nan", "1_000", "--1"}) {
        EXPECT_FALSE(Number::parse(text)) << text;
    }
}

TEST(Number, knows_integers_of_any_spelling) {
    EXPECT_EQ(parsed("9223372036854775807").to_int64(), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(parsed("-9223372036854775808").to_int64(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(parsed("5.0e1").to_int64(), 50);
    EXPECT_EQ(parsed("9223372036854775808").to_int64(), std::nullopt);
    EXPECT_EQ(parsed("0.5").to_int64(), std::nullopt);
    EXPECT_EQ(Number::from_double(3.0).to_int64(), 3);
    EXPECT_EQ(Number::from_double(0x1p63).to_int64(), std::nullopt);
}

TEST(Number, equality_is_that_of_cty) {
    EXPECT_EQ(parsed("1.50"), parsed("15e-1"));
    EXPECT_EQ(parsed("100"), Number(100));
    EXPECT_EQ(Number::from_double(0.1), parsed("0.1"));
    EXPECT_FALSE(Number::from_double(0.1) == parsed("0.1000000000000000055511151231257827"));
    EXPECT_FALSE(parsed("18446744073709551615") == parsed("18446744073709551616"));
    EXPECT_EQ(Number::from_double(0x1p64), parsed("18446744073709551616"));
}

TEST(Number, says_when_a_double_stands_for_it_exactly) {
    EXPECT_EQ(parsed("0.5").exact_double(), 0.5);
    EXPECT_EQ(parsed("100.25").exact_double(), 100.25);
    EXPECT_EQ(parsed("0.1").exact_double(), std::nullopt);
    EXPECT_EQ(parsed("0.1000000000000000055511151231257827021181583404541015625").exact_double(), 0.1);
    EXPECT_EQ(parsed("1e30").exact_double(), std::nullopt);
    EXPECT_EQ(Number(9007199254740993).exact_double(), std::nullopt);
    EXPECT_EQ(Number(std::numeric_limits<std::int64_t>::max()).exact_double(), std::nullopt);
    EXPECT_EQ(parsed("1e4000").exact_double(), std::nullopt);
}

TEST(Number, keeps_infinities) {
    EXPECT_TRUE(parsed("Infinity").is_infinite());
    EXPECT_EQ(parsed("-Inf").to_text(), "-Infinity");
    EXPECT_TRUE(std::isinf(parsed("-Inf").to_double()));
}

}  // namespace
}  // namespace pigsty::value
