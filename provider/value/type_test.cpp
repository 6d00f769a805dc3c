#include "provider/value/type.h"

#include <gtest/gtest.h>

namespace pigsty::value {
namespace {

Type parsed_type(std::string_view text) {
    auto type = Type::from_json(text);
    EXPECT_TRUE(type) << text << ": " << type.error();
    return type.value_or(Type::dynamic());
}

TEST(Type, reads_and_writes_every_kind) {
    for (const char* text :
         {R"("string")", R"("number")", R"("bool")", R"("dynamic")", R"(["list","string"])", R"(["set","number"])",
          R"(["map",["list","bool"]])", R"(["tuple",["string","number"]])", R"(["tuple",[]])", R"(["object",{}])",
          R"(["object",{"a":"string","b":["map","dynamic"]}])"}) {
        EXPECT_EQ(parsed_type(text).to_json(), text);
    }
}

TEST(Type, sorts_members_and_drops_the_list_of_optional_ones) {
    EXPECT_EQ(parsed_type(R"( ["object", {"b":"bool","a":"string"}, ["a"]] )").to_json(),
              R"(["object",{"a":"string","b":"bool"}])");
}

TEST(Type, refuses_what_is_no_type) {
    for (const char* text :
         {"", "x", R"("int")", "[]", "[1]", R"(["list"])", R"(["list","string","string"])", R"(["bag","string"])",
          R"(["tuple","string"])", R"(["object",[]])", R"(["object",{"a":1}])", R"(["object",{},["a"]])",
          R"(["object",{},"a"])", "{}", R"("string" "string")"}) {
        EXPECT_FALSE(Type::from_json(text)) << text;
    }
}

TEST(Type, refuses_text_that_would_overflow_the_stack) {
    const std::string deep(200000, '[');
    auto type = Type::from_json(deep);
    ASSERT_FALSE(type);
    EXPECT_EQ(type.error(), "the type nests too deeply");
}

TEST(Type, compares_by_structure) {
    EXPECT_EQ(Type::object({{"a", Type::list(Type::string())}}), parsed_type(R"(["object",{"a":["list","string"]}])"));
    EXPECT_FALSE(Type::list(Type::string()) == Type::set(Type::string()));
    EXPECT_FALSE(Type::list(Type::string()) == Type::list(Type::number()));
    EXPECT_FALSE(Type::tuple({Type::string()}) == Type::tuple({Type::string(), Type::string()}));
}

TEST(Type, finds_dynamic_at_any_depth) {
    EXPECT_TRUE(parsed_type(R"(["map",["object",{"a":["tuple",["dynamic"]]}]])").has_dynamic());
    EXPECT_FALSE(parsed_type(R"(["map",["object",{"a":["tuple",["bool"]]}]])").has_dynamic());
}

TEST(Type, names_itself_for_messages) {
    EXPECT_EQ(parsed_type(R"(["map",["list","string"]])").friendly_name(), "map of list of string");
    EXPECT_EQ(Type::dynamic().friendly_name(), "any type");
}

}  // namespace
}  // namespace pigsty::value
