#include "provider/value/json.h"

#include <limits>

#include <gtest/gtest.h>

namespace pigsty::value {
namespace {

const Type& server() {
    static const Type type = Type::object({{"name", Type::string()},
                                           {"port", Type::number()},
                                           {"on", Type::boolean()},
                                           {"tags", Type::map(Type::list(Type::string()))},
                                           {"any", Type::dynamic()},
                                           {"pair", Type::tuple({Type::string(), Type::number()})},
                                           {"ids", Type::set(Type::number())}});
    return type;
}

Value decoded(std::string_view text, const Type& type, JsonOptions options = {}) {
    auto value = from_json(text, type, options);
    EXPECT_TRUE(value) << text << ": " << (value ? "" : value.error().to_string());
    return value.value_or(Value());
}

std::string refusal(std::string_view text, const Type& type) {
    auto value = from_json(text, type);
    return value ? "accepted: " + value->to_display() : value.error().to_string();
}

TEST(Json, reads_and_writes_every_kind) {
    const char* text =
        R"({"any":{"value":["x",1],"type":["tuple",["string","number"]]},"ids":[1,2],"name":"é\n","on":true,)"
        R"("pair":["a",null],"port":5432,"tags":{"a":["x"],"b":null}})";
    EXPECT_EQ(*to_json(decoded(text, server()), server()), text);
}

TEST(Json, keeps_every_digit) {
    for (const char* text : {"18446744073709551616", "3.14159265358979323846264338327950288", "-9223372036854775809",
                             "0.1", "123456789012345678901234567890.5"}) {
        EXPECT_EQ(*to_json(decoded(text, Type::number()), Type::number()), text);
    }
    EXPECT_EQ(decoded("1e3", Type::number()), Value::number(1000));
}

TEST(Json, reads_missing_members_as_null) {
    const Value value = decoded(R"({"name":"x"})", server());
    EXPECT_EQ(value.get("name").as_string(), "x");
    EXPECT_EQ(value.members().size(), server().members().size());
    EXPECT_TRUE(value.get("port").is_null());
    EXPECT_TRUE(decoded("null", server()).is_null());
}

TEST(Json, skips_members_of_older_schemas_on_request) {
    EXPECT_EQ(refusal(R"({"gone":1})", server()), "unsupported attribute \"gone\"");
    EXPECT_TRUE(decoded(R"({"gone":{"a":[1]}})", server(), {.ignore_unknown_members = true}).get("name").is_null());
}

TEST(Json, converts_between_text_and_the_other_primitives) {
    EXPECT_EQ(decoded(R"("5432")", Type::number()), Value::number(5432));
    EXPECT_EQ(decoded("5432", Type::string()), Value::string("5432"));
    EXPECT_EQ(decoded("true", Type::string()), Value::string("true"));
    EXPECT_EQ(decoded(R"("false")", Type::boolean()), Value::boolean(false));
    EXPECT_EQ(decoded(R"("1")", Type::boolean()), Value::boolean(true));
}

TEST(Json, refuses_values_of_another_kind) {
    EXPECT_EQ(refusal(R"({"tags":{"a":["x",[]]}})", server()), R"(tags["a"][1]: a string is required, found array)");
    EXPECT_EQ(refusal(R"({"port":"x"})", server()), "port: a number is required");
    EXPECT_EQ(refusal(R"({"on":"yes"})", server()), "on: a bool is required, found string");
    EXPECT_EQ(refusal(R"({"pair":["x"]})", server()), "pair: a tuple of length 2 is required (1 given)");
    EXPECT_EQ(refusal(R"({"any":"x"})", server()),
              R"(any: an object with "value" and "type" is required, found string)");
    EXPECT_EQ(refusal("[]", server()), "an object is required, found array");
}

TEST(Json, survives_hostile_text) {
    EXPECT_EQ(refusal("", server()), "valid JSON is required, found an error at byte 1");
    EXPECT_EQ(refusal("{} {}", server()), "valid JSON is required, found an error at byte 4");
    EXPECT_EQ(refusal("\"\xff\"", Type::string()), "valid JSON is required, found an error at byte 2");
    EXPECT_EQ(refusal(std::string(200000, '['), Type::dynamic()), "the value nests too deeply");
    EXPECT_EQ(refusal("1e999999999", Type::number()), "valid JSON is required, found an error at byte 11");
    EXPECT_EQ(refusal("1e-999999999", Type::number()), "a number with an exponent between -4096 and 4096 is required");
}

TEST(Json, keeps_the_last_of_repeated_members_as_go_does) {
    EXPECT_EQ(decoded(R"({"name":"a","name":"b"})", server()).get("name").as_string(), "b");
}

TEST(Json, never_quotes_the_input_in_errors) {
    EXPECT_EQ(refusal(R"({"name": "hunter2" oops)", server()).find("hunter2"), std::string::npos);
}

TEST(Json, cannot_write_unknown_or_infinite_values) {
    EXPECT_EQ(to_json(Value::unknown(), Type::string()).error().message, "a known value is required, found unknown");
    EXPECT_EQ(to_json(Value::dynamic(Type::string(), Value::unknown()), Type::dynamic()).error().message,
              "a known value is required, found unknown");
    const Value infinite = Value::number(Number::from_double(std::numeric_limits<double>::infinity()));
    EXPECT_EQ(to_json(infinite, Type::number()).error().message, "a finite number is required");
}

TEST(Json, refuses_to_write_what_does_not_fit_the_type) {
    EXPECT_FALSE(to_json(Value::number(1), Type::string()));
    EXPECT_FALSE(to_json(Value::object({}), server()));
    EXPECT_FALSE(to_json(Value::list({}), Type::set(Type::string())));
    EXPECT_FALSE(to_json(Value::string("x"), Type::dynamic()));
}

TEST(Json, reads_without_a_type) {
    const auto value = from_untyped_json(R"({"a":[1,"x",null,true],"b":{"c":18446744073709551616}})");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->to_display(), R"({a = [1, "x", null, true], b = {c = 18446744073709551616}})");
    EXPECT_FALSE(from_untyped_json("{"));
}

}  // namespace
}  // namespace pigsty::value
