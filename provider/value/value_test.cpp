#include "provider/value/value.h"

#include <gtest/gtest.h>

#include "provider/value/path.h"

namespace pigsty::value {
namespace {

Value node() {
    return Value::object({{"name", Value::string("pg-test-1")},
                          {"id", Value::unknown()},
                          {"port", Value::number(5432)},
                          {"tags", Value::list({Value::string("a"), Value::null()})},
                          {"zone", Value::null()}});
}

TEST(Value, tells_null_unknown_and_known_apart) {
    EXPECT_TRUE(Value().is_null());
    EXPECT_FALSE(Value().is_known());
    EXPECT_TRUE(Value::unknown().is_unknown());
    EXPECT_FALSE(Value::unknown().is_known());
    EXPECT_TRUE(Value::string("").is_known());
    EXPECT_TRUE(Value::list({}).is_known());
}

TEST(Value, finds_unknowns_at_any_depth) {
    EXPECT_FALSE(node().is_wholly_known());
    EXPECT_TRUE(node().with("id", Value::null()).is_wholly_known());
    EXPECT_FALSE(Value::set({Value::list({Value::unknown()})}).is_wholly_known());
    EXPECT_FALSE(Value::dynamic(Type::string(), Value::unknown()).is_wholly_known());
}

TEST(Value, gives_null_for_members_it_lacks_and_unknown_inside_unknown) {
    EXPECT_EQ(node().get("name").as_string(), "pg-test-1");
    EXPECT_TRUE(node().get("nothing").is_null());
    EXPECT_TRUE(Value::null().get("name").is_null());
    EXPECT_TRUE(Value::unknown().get("name").is_unknown());
}

TEST(Value, changed_copies_leave_the_original_alone) {
    const Value before = node();
    const Value after = before.with("port", Value::number(6432));
    EXPECT_EQ(before.get("port").as_int64(), 5432);
    EXPECT_EQ(after.get("port").as_int64(), 6432);
    EXPECT_FALSE(before == after);
}

TEST(Value, compares_like_cty) {
    EXPECT_EQ(node(), node());
    EXPECT_EQ(Value::null(), Value());
    EXPECT_EQ(Value::unknown(), Value::refined_unknown("\x81\x01\xc2"));
    EXPECT_FALSE(Value::null() == Value::unknown());
    EXPECT_FALSE(Value::string("1") == Value::number(1));
    EXPECT_EQ(Value::number(*Number::parse("1.0")), Value::number(1));
    EXPECT_FALSE(Value::list({Value::number(1), Value::number(2)}) ==
                 Value::list({Value::number(2), Value::number(1)}));
    EXPECT_FALSE(Value::list({}) == Value::set({}));
}

TEST(Value, sets_have_no_order_and_no_twins) {
    const Value a = Value::set({Value::string("x"), Value::string("y"), Value::string("x")});
    const Value b = Value::set({Value::string("y"), Value::string("x")});
    EXPECT_EQ(a, b);
    EXPECT_EQ(a.elements().size(), 2U);
    EXPECT_EQ(Value::set({Value::unknown(), Value::unknown()}).elements().size(), 2U);
}

TEST(Value, looks_through_dynamic) {
    const Value text = Value::dynamic(Type::string(), Value::string("x"));
    EXPECT_EQ(text.as_string(), "x");
    EXPECT_TRUE(text.is_known());
    EXPECT_TRUE(Value::dynamic(Type::string(), Value::null()).is_null());
    EXPECT_TRUE(Value::dynamic(Type::string(), Value::unknown()).is_unknown());
    EXPECT_FALSE(Value::dynamic(Type::string(), Value::null()) == Value::dynamic(Type::number(), Value::null()));
    // A dynamic of a dynamic is one dynamic, and without a type it is plain.
    EXPECT_EQ(Value::dynamic(Type::dynamic(), text).dynamic_type(), Type::string());
    EXPECT_EQ(Value::dynamic(Type::dynamic(), Value::null()).form(), Value::Form::kNull);
}

TEST(Value, accessors_of_the_wrong_kind_are_programming_errors) {
    EXPECT_THROW(static_cast<void>(Value::null().as_string()), std::logic_error);
    EXPECT_THROW(static_cast<void>(Value::string("x").as_bool()), std::logic_error);
    EXPECT_THROW(static_cast<void>(Value::string("x").elements()), std::logic_error);
    EXPECT_THROW(static_cast<void>(Value::number(*Number::parse("0.5")).as_int64()), std::out_of_range);
}

TEST(Value, shows_itself_cut_at_a_character) {
    EXPECT_EQ(node().to_display(),
              R"({id = (known after apply), name = "pg-test-1", port = 5432, tags = ["a", null], zone = null})");
    EXPECT_EQ(Value::string("ééééé").to_display(4), "\"é…");
}

TEST(Path, prints_like_terraform) {
    EXPECT_EQ(Path::of("instances").key("2").attribute("address").to_string(), R"(instances["2"].address)");
    EXPECT_EQ(Path::of("hba_rules").index(0).to_string(), "hba_rules[0]");
    EXPECT_EQ(Path::of("a").key("q\"b\\").to_string(), R"(a["q\"b\\"])");
    EXPECT_EQ(Path::root().to_string(), "");
    EXPECT_EQ(Path::of("a").attribute("b").parent(), Path::of("a"));
    EXPECT_EQ(Path::root().parent(), Path::root());
}

TEST(Path, looks_up_parts_of_a_value) {
    EXPECT_EQ(Path::of("tags").index(0).look_up(node()).as_string(), "a");
    EXPECT_TRUE(Path::of("tags").index(9).look_up(node()).is_null());
    EXPECT_TRUE(Path::of("tags").index(-1).look_up(node()).is_null());
    EXPECT_TRUE(Path::of("zone").attribute("x").look_up(node()).is_null());
    EXPECT_TRUE(Path::of("id").attribute("x").look_up(node()).is_unknown());
    EXPECT_TRUE(Path::of("name").attribute("x").look_up(node()).is_null());
    EXPECT_EQ(Path::root().look_up(node()), node());
    const Value outer = Value::object(
        {{"d", Value::dynamic(Type::object({{"k", Type::string()}}), Value::object({{"k", Value::string("v")}}))}});
    EXPECT_EQ(Path::of("d").attribute("k").look_up(outer).as_string(), "v");
}

}  // namespace
}  // namespace pigsty::value
