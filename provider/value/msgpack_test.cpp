#include "provider/value/msgpack.h"

#include <limits>

#include <gtest/gtest.h>

namespace pigsty::value {
namespace {

std::string unhex(std::string_view text) {
    std::string bytes;
    int high = -1;
    for (const char c : text) {
        if (c == ' ') continue;
        const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
        if (high < 0) {
            high = digit;
        } else {
            bytes += static_cast<char>(high * 16 + digit);
            high = -1;
        }
    }
    return bytes;
}

std::string hex(std::string_view bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        if (!out.empty()) out += ' ';
        out += kDigits[static_cast<unsigned char>(c) >> 4U];
        out += kDigits[static_cast<unsigned char>(c) & 15U];
    }
    return out;
}

Value number(std::string_view text) { return Value::number(*Number::parse(text)); }

std::string encoded(const Value& value, const Type& type) {
    auto bytes = to_msgpack(value, type);
    return bytes ? hex(*bytes) : "error: " + bytes.error().to_string();
}

Value unpacked(std::string_view text, const Type& type) {
    auto value = from_msgpack(unhex(text), type);
    EXPECT_TRUE(value) << text << ": " << (value ? "" : value.error().to_string());
    return value.value_or(Value());
}

std::string unpacking_refusal(std::string_view text, const Type& type) {
    auto value = from_msgpack(unhex(text), type);
    return value ? "accepted: " + value->to_display() : value.error().to_string();
}

const Type& point() {
    static const Type type = Type::object({{"x", Type::number()}, {"y", Type::string()}});
    return type;
}

struct Vector {
    Type type;
    Value value;
    const char* bytes;
};

// The bytes are those that Terraform core wrote for these values.
TEST(Msgpack, agrees_with_terraform_byte_for_byte) {
    const Vector vectors[] = {
        {Type::string(), Value::null(), "c0"},
        {Type::string(), Value::string("x"), "a1 78"},
        {Type::boolean(), Value::boolean(false), "c2"},
        {Type::boolean(), Value::boolean(true), "c3"},
        {Type::number(), number("0"), "00"},
        {Type::number(), number("1"), "01"},
        {Type::number(), number("127"), "7f"},
        {Type::number(), number("128"), "cc 80"},
        {Type::number(), number("200"), "cc c8"},
        {Type::number(), number("256"), "cd 01 00"},
        {Type::number(), number("65536"), "ce 00 01 00 00"},
        {Type::number(), number("4294967296"), "cf 00 00 00 01 00 00 00 00"},
        {Type::number(), number("9223372036854775807"), "cf 7f ff ff ff ff ff ff ff"},
        {Type::number(), number("-1"), "ff"},
        {Type::number(), number("-32"), "e0"},
        {Type::number(), number("-33"), "d0 df"},
        {Type::number(), number("-128"), "d0 80"},
        {Type::number(), number("-129"), "d1 ff 7f"},
        {Type::number(), number("-32769"), "d2 ff ff 7f ff"},
        {Type::number(), number("-2147483649"), "d3 ff ff ff ff 7f ff ff ff"},
        {Type::number(), number("-9223372036854775808"), "d3 80 00 00 00 00 00 00 00"},
        {Type::number(), number("0.5"), "cb 3f e0 00 00 00 00 00 00"},
        {Type::number(), number("100.25"), "cb 40 59 10 00 00 00 00 00"},
        {Type::number(), number("0.1"), "a3 30 2e 31"},
        {Type::number(), number("1e-7"), "a9 30 2e 30 30 30 30 30 30 31"},
        {Type::number(), number("18446744073709551615"),
         "b4 31 38 34 34 36 37 34 34 30 37 33 37 30 39 35 35 31 36 31 35"},
        {Type::number(), Value::number(Number::from_double(std::numeric_limits<double>::infinity())),
         "cb 7f f0 00 00 00 00 00 00"},
        {Type::number(), Value::unknown(), "d4 00 00"},
        {Type::string(), Value::refined_unknown(unhex("81 01 c2")), "c7 03 0c 81 01 c2"},
        {Type::string(), Value::refined_unknown(unhex("82 01 c2 02 a4 61 72 6e 3a")),
         "c7 09 0c 82 01 c2 02 a4 61 72 6e 3a"},
        {Type::list(Type::string()), Value::list({}), "90"},
        {Type::list(Type::string()), Value::null(), "c0"},
        {Type::list(Type::string()), Value::unknown(), "d4 00 00"},
        {Type::list(Type::string()), Value::list({Value::string("x"), Value::null(), Value::unknown()}),
         "93 a1 78 c0 d4 00 00"},
        {Type::set(Type::number()), Value::set({Value::number(2), Value::number(1)}), "92 01 02"},
        {Type::map(Type::boolean()), Value::map({{"b", Value::boolean(true)}, {"a", Value::null()}}),
         "82 a1 61 c0 a1 62 c3"},
        {Type::map(Type::boolean()), Value::map({}), "80"},
        {point(), Value::object({{"x", Value::number(1)}, {"y", Value::unknown()}}), "82 a1 78 01 a1 79 d4 00 00"},
        {point(), Value::null(), "c0"},
        {Type::object({}), Value::object({}), "80"},
        {Type::tuple({Type::string(), Type::number()}), Value::tuple({Value::string("x"), Value::null()}),
         "92 a1 78 c0"},
        {Type::tuple({}), Value::tuple({}), "90"},
        {Type::dynamic(), Value::dynamic(Type::string(), Value::string("x")), "92 c4 08 22 73 74 72 69 6e 67 22 a1 78"},
        {Type::dynamic(), Value::dynamic(Type::string(), Value::null()), "92 c4 08 22 73 74 72 69 6e 67 22 c0"},
        {Type::dynamic(), Value::dynamic(Type::string(), Value::unknown()),
         "92 c4 08 22 73 74 72 69 6e 67 22 d4 00 00"},
        {Type::dynamic(), Value::unknown(), "d4 00 00"},
        {Type::dynamic(), Value::null(), "c0"},
    };
    for (const Vector& vector : vectors) {
        EXPECT_EQ(encoded(vector.value, vector.type), vector.bytes);
        const Value back = unpacked(vector.bytes, vector.type);
        EXPECT_EQ(back, vector.value) << vector.bytes;
        EXPECT_EQ(encoded(back, vector.type), vector.bytes);
    }
}

TEST(Msgpack, writes_thirty_digit_integers_as_text) {
    EXPECT_EQ(*to_msgpack(number("1e30"), Type::number()), "\xbf" + std::string("1000000000000000000000000000000"));
}

TEST(Msgpack, writes_every_width_of_text_and_counts) {
    for (const std::size_t size : {31U, 32U, 255U, 256U, 65535U, 65536U}) {
        const Value text = Value::string(std::string(size, 'x'));
        EXPECT_EQ(*from_msgpack(*to_msgpack(text, Type::string()), Type::string()), text) << size;
    }
    for (const std::size_t count : {15U, 16U, 65535U, 65536U}) {
        const Value list = Value::list(Elements(count, Value::boolean(true)));
        const Type type = Type::list(Type::boolean());
        EXPECT_EQ(*from_msgpack(*to_msgpack(list, type), type), list) << count;
        Members members;
        for (std::size_t i = 0; i < count; ++i) members.emplace(std::to_string(i), Value::null());
        const Value map = Value::map(std::move(members));
        EXPECT_EQ(*from_msgpack(*to_msgpack(map, Type::map(Type::string())), Type::map(Type::string())), map) << count;
    }
    for (const std::size_t size : {1U, 2U, 3U, 4U, 8U, 16U, 17U, 256U, 1024U}) {
        const Value unknown = Value::refined_unknown(std::string(size, 'r'));
        const auto back = from_msgpack(*to_msgpack(unknown, Type::string()), Type::string());
        EXPECT_EQ(back->refinement(), unknown.refinement()) << size;
    }
}

TEST(Msgpack, drops_refinements_that_terraform_would_refuse) {
    EXPECT_EQ(encoded(Value::refined_unknown(std::string(1025, 'r')), Type::string()), "d4 00 00");
    EXPECT_EQ(encoded(Value::refined_unknown("r"), Type::dynamic()), "d4 00 00");
    EXPECT_EQ(unpacked("c7 03 0c 81 01 c2", Type::dynamic()).refinement(), "");
}

TEST(Msgpack, reads_every_spelling_of_a_number) {
    EXPECT_EQ(unpacked("cc 05", Type::number()), number("5"));
    EXPECT_EQ(unpacked("cd 00 05", Type::number()), number("5"));
    EXPECT_EQ(unpacked("ce 00 00 00 05", Type::number()), number("5"));
    EXPECT_EQ(unpacked("cf 00 00 00 00 00 00 00 05", Type::number()), number("5"));
    EXPECT_EQ(unpacked("cf ff ff ff ff ff ff ff ff", Type::number()), number("18446744073709551615"));
    EXPECT_EQ(unpacked("d0 fb", Type::number()), number("-5"));
    EXPECT_EQ(unpacked("d1 ff fb", Type::number()), number("-5"));
    EXPECT_EQ(unpacked("d2 ff ff ff fb", Type::number()), number("-5"));
    EXPECT_EQ(unpacked("d3 ff ff ff ff ff ff ff fb", Type::number()), number("-5"));
    EXPECT_EQ(unpacked("ca 3f 00 00 00", Type::number()), number("0.5"));
    EXPECT_EQ(unpacked("cb 40 14 00 00 00 00 00 00", Type::number()), number("5"));
    EXPECT_EQ(unpacked("cb 3f b9 99 99 99 99 99 9a", Type::number()), number("0.1"));
    EXPECT_EQ(unpacked("a3 30 2e 31", Type::number()), number("0.1"));
    EXPECT_EQ(unpacked("c4 03 30 2e 31", Type::number()), number("0.1"));
}

TEST(Msgpack, echoes_an_inexact_double_as_the_same_bytes) {
    EXPECT_EQ(encoded(unpacked("cb 3f b9 99 99 99 99 99 9a", Type::number()), Type::number()),
              "cb 3f b9 99 99 99 99 99 9a");
}

TEST(Msgpack, reads_any_extension_as_unknown) {
    for (const char* bytes : {"d4 00 00", "d4 07 00", "d5 00 00 00", "c7 00 00", "c7 03 05 01 02 03",
                              "d8 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"}) {
        EXPECT_TRUE(unpacked(bytes, Type::string()).is_unknown()) << bytes;
        EXPECT_TRUE(unpacked(bytes, point()).is_unknown()) << bytes;
        EXPECT_TRUE(unpacked(bytes, Type::dynamic()).is_unknown()) << bytes;
    }
}

TEST(Msgpack, reads_members_in_any_order_and_type_as_text) {
    EXPECT_EQ(unpacked("82 a1 79 c0 a1 78 01", point()),
              Value::object({{"x", Value::number(1)}, {"y", Value::null()}}));
    EXPECT_EQ(unpacked("92 a8 22 73 74 72 69 6e 67 22 a1 78", Type::dynamic()).as_string(), "x");
    EXPECT_EQ(unpacked("c4 01 78", Type::string()).as_string(), "x");
}

TEST(Msgpack, refuses_values_of_another_kind) {
    EXPECT_EQ(unpacking_refusal("01", Type::string()), "a string is required, found number");
    EXPECT_EQ(unpacking_refusal("a1 78", Type::boolean()), "a bool is required, found string");
    EXPECT_EQ(unpacking_refusal("c3", Type::number()), "a number is required, found bool");
    EXPECT_EQ(unpacking_refusal("a1 78", Type::number()), "a number is required");
    EXPECT_EQ(unpacking_refusal("cb 7f f8 00 00 00 00 00 00", Type::number()), "a number is required, found NaN");
    EXPECT_EQ(unpacking_refusal("a1 ff", Type::string()), "a string of UTF-8 is required, found other bytes");
    EXPECT_EQ(unpacking_refusal("80", Type::list(Type::string())), "a list of string is required, found map");
    EXPECT_EQ(unpacking_refusal("91 01", Type::list(Type::string())), "[0]: a string is required, found number");
    EXPECT_EQ(unpacking_refusal("81 a1 6b 01", Type::map(Type::string())),
              "[\"k\"]: a string is required, found number");
    EXPECT_EQ(unpacking_refusal("81 01 01", Type::map(Type::number())), "a string as key is required, found number");
    EXPECT_EQ(unpacking_refusal("82 a1 6b 01 a1 6b 01", Type::map(Type::number())), "a key occurs twice");
    EXPECT_EQ(unpacking_refusal("91 01", Type::tuple({})), "a tuple of length 0 is required (1 given)");
    EXPECT_EQ(unpacking_refusal("a1 78", Type::dynamic()), "a pair of type and value is required, found string");
    EXPECT_EQ(unpacking_refusal("92 01 01", Type::dynamic()), "a type in JSON is required, found number");
    EXPECT_EQ(unpacking_refusal("92 a1 78 01", Type::dynamic()), "the type is not valid JSON");
}

TEST(Msgpack, refuses_objects_that_lack_repeat_or_add_attributes) {
    EXPECT_EQ(unpacking_refusal("81 a1 78 01", point()), "an object with 2 attributes is required (1 given)");
    EXPECT_EQ(unpacking_refusal("80", point()), "an object with 2 attributes is required (0 given)");
    EXPECT_EQ(unpacking_refusal("82 a1 78 01 a1 7a c0", point()), "unsupported attribute \"z\"");
    EXPECT_EQ(unpacking_refusal("82 a1 78 01 a1 78 01", point()), "attribute \"x\" occurs twice");
    EXPECT_EQ(unpacking_refusal("82 a1 78 a1 78 a1 79 c0", point()), "x: a number is required");
}

TEST(Msgpack, survives_hostile_bytes) {
    EXPECT_EQ(unpacking_refusal("", Type::string()), "the bytes end in the middle of the value");
    EXPECT_EQ(unpacking_refusal("a5 78", Type::string()), "the bytes end in the middle of the value");
    EXPECT_EQ(unpacking_refusal("c1", Type::string()), "the bytes end in the middle of the value");
    EXPECT_EQ(unpacking_refusal("dd ff ff ff ff", Type::list(Type::string())),
              "[0]: the bytes end in the middle of the value");
    EXPECT_EQ(unpacking_refusal("df ff ff ff ff", Type::map(Type::string())),
              "the bytes end in the middle of the value");
    EXPECT_EQ(unpacking_refusal("db ff ff ff ff 78", Type::string()), "the bytes end in the middle of the value");
    EXPECT_EQ(unpacking_refusal("a1 78 c0", Type::string()), "the value ends before its bytes do");
}

TEST(Msgpack, refuses_nesting_that_would_overflow_the_stack) {
    // Each level is a dynamic pair whose type is dynamic again.
    std::string bytes;
    for (int i = 0; i < 100000; ++i) bytes += unhex("92 c4 09 22 64 79 6e 61 6d 69 63 22");
    bytes += unhex("c0");
    auto value = from_msgpack(bytes, Type::dynamic());
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().to_string(), "the value nests too deeply");
}

TEST(Msgpack, refuses_to_write_what_does_not_fit_the_type) {
    EXPECT_EQ(encoded(Value::number(1), Type::string()), "error: string is required");
    EXPECT_EQ(encoded(Value::string("1"), Type::number()), "error: number is required");
    EXPECT_EQ(encoded(Value::list({}), Type::set(Type::string())), "error: set of string is required");
    EXPECT_EQ(encoded(Value::set({}), Type::list(Type::string())), "error: list of string is required");
    EXPECT_EQ(encoded(Value::string("\xff"), Type::string()),
              "error: a string of UTF-8 is required, found other bytes");
    EXPECT_EQ(encoded(Value::object({{"x", Value::number(1)}}), point()), "error: attribute \"y\" is required");
    EXPECT_EQ(encoded(Value::object({{"x", Value::null()}, {"y", Value::null()}, {"z", Value::null()}}), point()),
              "error: unsupported attribute \"z\"");
    EXPECT_EQ(encoded(Value::object({{"x", Value::null()}, {"y", Value::number(1)}}), point()),
              "error: y: string is required");
    EXPECT_EQ(encoded(Value::tuple({Value::null()}), Type::tuple({})),
              "error: a tuple of length 0 is required (1 given)");
    EXPECT_EQ(encoded(Value::string("x"), Type::dynamic()),
              "error: a value of a dynamic attribute has to say its type (Value::dynamic)");
    EXPECT_EQ(encoded(Value::dynamic(Type::string(), Value::string("x")), Type::number()), "error: number is required");
}

TEST(Msgpack, writes_a_dynamic_value_where_its_own_type_is_wanted) {
    EXPECT_EQ(encoded(Value::dynamic(Type::string(), Value::string("x")), Type::string()), "a1 78");
}

}  // namespace
}  // namespace pigsty::value
