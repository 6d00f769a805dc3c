#include "provider/framework/validators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/framework/common_attributes.h"
#include "provider/framework/duration.h"
#include "provider/framework/private_data.h"

namespace pigsty::framework {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> check(const Validator& validator, const Value& value, const Path& path = Path::of("x")) {
    Diagnostics diagnostics;
    validator.check({value, path}, diagnostics);
    std::vector<std::string> texts;
    for (const Diagnostic& d : diagnostics) {
        EXPECT_EQ(d.summary, d.path ? "Invalid value of " + d.path->to_string() : d.summary);
        texts.push_back(d.detail);
    }
    return texts;
}

bool accepts(const Validator& validator, std::string_view text) {
    return check(validator, Value::string(std::string(text))).empty();
}

TEST(Validators, one_of_lists_what_it_takes) {
    EXPECT_THAT(check(one_of({"repair", "report"}), Value::string("fix")),
                ElementsAre("Expected one of \"repair\", \"report\", found \"fix\"."));
    EXPECT_THAT(check(one_of({"deb"}), Value::string("rpm")), ElementsAre("Expected \"deb\", found \"rpm\"."));
    EXPECT_TRUE(accepts(one_of({"deb"}), "deb"));
}

TEST(Validators, matches_is_about_the_whole_text) {
    const Validator name = matches("[a-z]+", "lower-case letters");
    EXPECT_TRUE(accepts(name, "abc"));
    EXPECT_THAT(check(name, Value::string("abc1")), ElementsAre("Expected lower-case letters, found \"abc1\"."));
    EXPECT_FALSE(accepts(name, std::string(100000, 'a'))) << "and does not overflow the stack";
}

TEST(Validators, addresses) {
    for (const char* good : {"10.10.10.11", "::1", "2001:db8::2"}) EXPECT_TRUE(accepts(ip_address(), good)) << good;
    for (const char* bad :
         {"", "10.10.10", "10.10.10.256", "010.1.1.1", "host", "10.0.0.1/24", "::1%eth0", " 10.0.0.1"}) {
        EXPECT_FALSE(accepts(ip_address(), bad)) << bad;
    }
    EXPECT_FALSE(accepts(ip_address(), std::string_view("10.0.0.1\0x", 10)));
}

TEST(Validators, networks) {
    for (const char* good : {"10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32", "fd00::/8", "::/0"})
        EXPECT_TRUE(accepts(cidr(), good)) << good;
    for (const char* bad :
         {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/-1", "fd00::/129", "x/8"}) {
        EXPECT_FALSE(accepts(cidr(), bad)) << bad;
    }
    EXPECT_THAT(
        check(cidr(), Value::string("10.0.0.1/8")),
        ElementsAre("Expected a network with no address bits behind its prefix, found \"10.0.0.1/8\". For this one "
                    "address write /32."));
    EXPECT_TRUE(accepts(address_with_prefix(), "10.10.10.2/24"));
    EXPECT_FALSE(accepts(address_with_prefix(), "10.10.10.2"));
}

TEST(Validators, durations) {
    EXPECT_EQ(parse_duration("500ms"), std::chrono::milliseconds(500));
    EXPECT_EQ(parse_duration("1h30m"), std::chrono::minutes(90));
    EXPECT_EQ(parse_duration("7d"), std::chrono::hours(168));
    for (const char* bad :
         {"", "5", "0s", "-1s", "1.5h", "5 m", "m", "1w", "99999999999999999999s", "9999999d", "+5s"}) {
        EXPECT_FALSE(parse_duration(bad).has_value()) << bad;
    }
    EXPECT_THAT(check(duration(), Value::string("5")),
                ElementsAre("Expected a duration as \"30s\", \"5m\" or \"1h30m\", found \"5\"."));
}

TEST(Validators, member_keys) {
    for (const char* good : {"0", "1", "10"}) EXPECT_TRUE(accepts(member_key(), good)) << good;
    for (const char* bad : {"", "01", "-1", "a", "1 "}) EXPECT_FALSE(accepts(member_key(), bad)) << bad;
}

TEST(Validators, lengths_are_in_bytes) {
    EXPECT_TRUE(accepts(length_between(1, 2), "é"));
    EXPECT_THAT(check(length_between(1, 3), Value::string("éé")),
                ElementsAre("Expected 1 to 3 bytes, found \"éé\". It has 4 bytes in UTF-8."));
    EXPECT_THAT(check(not_empty(), Value::list({})), ElementsAre("Expected something that is not empty, found []."));
    EXPECT_FALSE(accepts(not_empty(), ""));
    EXPECT_THAT(check(size_between(1, 2), Value::map({})), ElementsAre("Expected 1 to 2 elements, found 0."));
}

TEST(Validators, control_characters) {
    EXPECT_TRUE(accepts(no_control_characters(), "a b é \"quoted\""));
    for (const char* bad : {"a\nb", "a\tb", "\x7f", "\r"}) EXPECT_FALSE(accepts(no_control_characters(), bad));
}

TEST(Validators, numbers) {
    EXPECT_THAT(check(port(), Value::number(0)), ElementsAre("Expected a whole number from 1 to 65535, found 0."));
    EXPECT_THAT(check(at_least(1), Value::number(*value::Number::parse("1.5"))),
                ElementsAre("Expected a whole number of at least 1, found 1.5."));
    EXPECT_THAT(check(between(0, 5), Value::number(5)), IsEmpty());
}

TEST(Validators, elements_and_keys_have_paths_of_their_own) {
    Diagnostics diagnostics;
    const Path path = Path::of("x");
    const Value list = Value::list({Value::string("a"), Value::unknown(), Value::null(), Value::string("")});
    each(not_empty()).check({list, path}, diagnostics);
    const Value map = Value::map({{"1", Value::string("")}, {"01", Value::unknown()}});
    each(not_empty()).check({map, path}, diagnostics);
    keys(member_key()).check({map, path}, diagnostics);
    std::vector<std::string> paths;
    for (const Diagnostic& d : diagnostics) paths.push_back(d.path->to_string());
    EXPECT_THAT(paths, ElementsAre("x[3]", "x[\"1\"]", "x[\"01\"]"));
}

Value object(const Value& a, const Value& b) { return Value::object({{"a", a}, {"b", b}}); }

std::vector<std::string> check_rule(const Validator& rule, const Value& a, const Value& b) {
    Diagnostics diagnostics;
    const Value value = object(a, b);
    const Path root = Path::root();
    rule.check({value, root}, diagnostics);
    std::vector<std::string> texts;
    for (const Diagnostic& d : diagnostics) texts.push_back((d.path ? d.path->to_string() + ": " : "") + d.detail);
    return texts;
}

TEST(ObjectRules, hold_for_known_null_and_unknown) {
    const Value set = Value::string("x");
    const Value null = Value::null();
    const Value unknown = Value::unknown();
    EXPECT_THAT(check_rule(conflicts_with("a", {"b"}), set, set),
                ElementsAre("a: Expected `a` or `b`, found both. Remove one of them."));
    EXPECT_THAT(check_rule(conflicts_with("a", {"b"}), set, unknown), IsEmpty());
    EXPECT_THAT(check_rule(exactly_one_of({"a", "b"}), null, null),
                ElementsAre("Expected exactly one of `a` and `b`, found none. Write one of them."));
    EXPECT_THAT(check_rule(exactly_one_of({"a", "b"}), set, set),
                ElementsAre("b: Expected exactly one of `a` and `b`, found `a` and `b`. Remove all but one."));
    EXPECT_THAT(check_rule(exactly_one_of({"a", "b"}), unknown, null), IsEmpty());
    EXPECT_THAT(check_rule(exactly_one_of({"a", "b"}), set, null), IsEmpty());
    EXPECT_THAT(check_rule(at_least_one_of({"a", "b"}), null, null),
                ElementsAre("Expected at least one of `a` and `b`, found none. Write one of them."));
    EXPECT_THAT(check_rule(at_least_one_of({"a", "b"}), null, unknown), IsEmpty());
    EXPECT_THAT(
        check_rule(required_together({"a", "b"}), null, set),
        ElementsAre("b: Expected `a` and `b` together or not at all, found `b` alone. Write the others too, or none."));
    EXPECT_THAT(check_rule(required_together({"a", "b"}), unknown, set), IsEmpty());
    EXPECT_THAT(
        check_rule(requires_also("a", "b"), set, null),
        ElementsAre("a: `a` means something only together with `b`, which is not set. Write `b` too, or remove `a`."));
    EXPECT_THAT(check_rule(requires_also("a", "b"), set, unknown), IsEmpty());
}

TEST(PrivateData, comes_back_byte_for_byte) {
    PrivateData data;
    EXPECT_EQ(data.encode(), "");
    data.set("facts", "{\"b\": 1.50,\n \"a\":2}");
    data.set(".own", "");
    const auto again = PrivateData::decode(data.encode());
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, data);
    EXPECT_EQ(again->encode(), data.encode());
    EXPECT_EQ(again->get("facts"), "{\"b\": 1.50,\n \"a\":2}");
    EXPECT_FALSE(again->get("none").has_value());
    for (const char* bad : {"x", "[]", "{\"a\":1}"}) EXPECT_FALSE(PrivateData::decode(bad).has_value()) << bad;
}

TEST(CommonAttributes, drift_is_sorted_and_patterns_leave_out) {
    EXPECT_THAT(noted_drift({"b /x: differs", "a /y: gone", "b /x: differs"}, {}),
                ElementsAre("a /y: gone", "b /x: differs"));
    EXPECT_THAT(noted_drift({"pg-test-2 /etc/haproxy/a.cfg: differs", "pg-test-2 /etc/hosts: differs"},
                            {"pg-test-2 /etc/haproxy/*"}),
                ElementsAre("pg-test-2 /etc/hosts: differs"));
    EXPECT_THAT(noted_drift({"pg-test-2 /etc/hosts: differs"}, {"*"}), IsEmpty());
    EXPECT_THAT(noted_drift({"pg-test-2 /etc/hosts: differs"}, {"*hosts", "x"}), IsEmpty());
    EXPECT_THAT(noted_drift({"pg-test-2 /etc/hosts: differs"}, {"pg-test-2 /etc/host", "*differs"}),
                ElementsAre("pg-test-2 /etc/hosts: differs"));
}

}  // namespace
}  // namespace pigsty::framework
