#include "provider/framework/host_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/framework/planning.h"
#include "provider/framework/testing/text.h"

namespace pigsty::framework {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::text;

const Value kNull = Value::null();
const Value kUnknown = Value::unknown();

Schema schema() {
    ObjectSchema member;
    member.nesting = ObjectNesting::kMap;
    member.attributes = {
        {.name = "address", .type = Type::string(), .nested = nullptr, .description = "a", .required = true},
        {.name = "role",
         .type = Type::string(),
         .nested = nullptr,
         .description = "r",
         .optional = true,
         .computed = true}};
    Schema schema;
    schema.block.attributes = {
        {.name = "name", .type = Type::string(), .nested = nullptr, .description = "n", .required = true},
        {.name = "note", .type = Type::string(), .nested = nullptr, .description = "n", .optional = true},
        {.name = "port",
         .type = Type::number(),
         .nested = nullptr,
         .description = "p",
         .optional = true,
         .computed = true},
        {.name = "id", .type = Type::string(), .nested = nullptr, .description = "i", .computed = true},
        {.name = "secret",
         .type = Type::string(),
         .nested = nullptr,
         .description = "s",
         .optional = true,
         .write_only = true},
        {.name = "tags", .type = Type::set(Type::string()), .nested = nullptr, .description = "t", .optional = true},
        {.name = "members",
         .type = std::nullopt,
         .nested = std::make_shared<const ObjectSchema>(member),
         .description = "m",
         .optional = true},
    };
    return schema;
}

Value object_with(const value::Members& given) {
    value::Members all;
    for (const auto& [name, type] : schema().type().members()) all.emplace(name, Value::null());
    for (const auto& [name, value] : given) all.insert_or_assign(name, value);
    return Value::object(std::move(all));
}

std::vector<std::string> texts(const Mismatches& mismatches) {
    std::vector<std::string> texts;
    for (const Mismatch& mismatch : mismatches) texts.push_back(mismatch.to_string());
    return texts;
}

Value one_member(const Value& address, const Value& role) {
    return Value::map({{"1", Value::object({{"address", address}, {"role", role}})}});
}

TEST(CheckPlan, accepts_configuration_prior_and_what_is_computed) {
    const Value config = object_with({{"name", text("a")}, {"secret", text("s")}, {"note", kUnknown}});
    const Value planned =
        object_with({{"name", text("a")}, {"note", kUnknown}, {"port", Value::number(1)}, {"id", kUnknown}});
    EXPECT_THAT(check_plan(schema(), config, kNull, planned), IsEmpty());
    const Value prior = object_with({{"name", text("A")}});
    EXPECT_THAT(check_plan(schema(), config, prior, planned.with("name", text("A"))), IsEmpty());
}

TEST(CheckPlan, refuses_what_the_configuration_does_not_say) {
    const Value config = object_with({{"name", text("a")}, {"port", Value::number(2)}});
    const Value planned =
        object_with({{"name", text("b")}, {"note", text("x")}, {"port", Value::number(3)}, {"secret", text("s")}});
    EXPECT_THAT(
        texts(check_plan(schema(), config, kNull, planned)),
        ElementsAre("name: planned value of an attribute that is not computed differs from the configured value",
                    "note: planned a value for an attribute that is not computed and not configured",
                    "port: planned value does not match the configured value",
                    "secret: planned a value for a write-only attribute"));
    EXPECT_THAT(texts(check_plan(schema(), kNull, config, config)),
                ElementsAre(": planned to exist although it is to be destroyed"));
}

TEST(CheckPlan, goes_into_nested_attributes) {
    const Value config = object_with({{"members", one_member(text("x"), kNull)}});
    EXPECT_THAT(check_plan(schema(), config, kNull, object_with({{"members", one_member(text("x"), text("r"))}})),
                IsEmpty());
    EXPECT_THAT(texts(check_plan(schema(), config, kNull, object_with({{"members", one_member(text("y"), kUnknown)}}))),
                ElementsAre("members[\"1\"].address: planned value of an attribute that is not computed differs from "
                            "the configured value"));
    EXPECT_THAT(texts(check_plan(schema(), config, kNull, object_with({{"members", Value::map({})}}))),
                ElementsAre("members[\"1\"]: configured but not planned"));
    EXPECT_THAT(texts(check_plan(schema(), config, kNull, object_with({{"members", kUnknown}}))),
                ElementsAre("members: planned unknown although the configured value is known"));
    EXPECT_THAT(texts(check_plan(schema(), object_with({}), kNull, config)),
                ElementsAre("members: planned for existence but the configuration wants absence"));
}

TEST(CheckApply, known_stays_and_unknown_becomes_known) {
    const Value planned =
        object_with({{"name", text("a")}, {"id", kUnknown}, {"members", one_member(text("x"), kUnknown)}});
    const Value result =
        object_with({{"name", text("a")}, {"id", text("1")}, {"members", one_member(text("x"), text("r"))}});
    EXPECT_THAT(check_apply(schema(), planned, result), IsEmpty());
    EXPECT_THAT(
        texts(check_apply(schema(), planned,
                          result.with("name", text("b")).with("id", kUnknown).with("note", text("n")))),
        ElementsAre("name: has another value now", "note: was absent, but now present", "id: is still unknown"));
    EXPECT_THAT(texts(check_apply(schema(), planned, result.with("members", Value::map({})))),
                ElementsAre("members[\"1\"]: has vanished"));
    EXPECT_THAT(texts(check_apply(schema(), planned, kNull)), ElementsAre(": was present, but now absent"));
    EXPECT_THAT(texts(check_apply(schema(), planned, result.with("secret", text("s")))),
                ElementsAre("secret: was absent, but now present", "secret: a value for a write-only attribute"));
}

TEST(CheckApply, sets_pair_their_elements) {
    const auto with_tags = [](value::Elements tags) { return object_with({{"tags", Value::set(std::move(tags))}}); };
    EXPECT_THAT(check_apply(schema(), with_tags({text("a"), kUnknown}), with_tags({text("b"), text("a")})), IsEmpty());
    EXPECT_THAT(texts(check_apply(schema(), with_tags({text("a")}), with_tags({text("b")}))),
                ElementsAre("tags: a planned element has vanished"));
    EXPECT_THAT(texts(check_apply(schema(), with_tags({text("a")}), with_tags({text("a"), text("b")}))),
                ElementsAre("tags: an element has appeared"));
}

TEST(CheckFinalPlan, unknown_may_become_known_and_nothing_else_changes) {
    const Value first = object_with({{"name", text("a")}, {"id", kUnknown}, {"note", kUnknown}});
    EXPECT_THAT(
        check_final_plan(schema(), first, object_with({{"name", text("a")}, {"id", kUnknown}, {"note", text("n")}})),
        IsEmpty());
    EXPECT_THAT(texts(check_final_plan(schema(), first, object_with({{"name", kUnknown}}))),
                ElementsAre("name: was known, but now unknown"));
}

TEST(ProposedNewState, takes_configuration_and_keeps_prior_computed_values) {
    const Value prior = object_with({{"name", text("a")},
                                     {"note", text("n")},
                                     {"port", Value::number(1)},
                                     {"id", text("1")},
                                     {"members", one_member(text("x"), text("r"))}});
    const Value config = object_with({{"name", text("b")}, {"members", one_member(text("y"), kNull)}});
    EXPECT_EQ(proposed_new_state(schema(), config, prior),
              object_with({{"name", text("b")},
                           {"port", Value::number(1)},
                           {"id", text("1")},
                           {"members", one_member(text("y"), text("r"))}}));
    EXPECT_EQ(proposed_new_state(schema(), config, kNull), config);
    EXPECT_TRUE(proposed_new_state(schema(), kNull, prior).is_null());
}

TEST(Settled, unknowns_fall_back_to_what_was_there_or_null) {
    const Value object = Value::object({{"a", kUnknown}, {"b", Value::list({text("x"), kUnknown})}, {"c", kUnknown}});
    const Value fallback = Value::object({{"a", text("1")}, {"b", Value::list({text("y"), text("z")})}});
    EXPECT_EQ(settled(object, fallback),
              Value::object({{"a", text("1")}, {"b", Value::list({text("x"), text("z")})}, {"c", kNull}}));
}

TEST(MissingUnknown, is_anything_unknown_but_text) {
    const Type type = schema().type();
    EXPECT_FALSE(
        has_missing_unknown(object_with({{"name", kUnknown}, {"members", one_member(kUnknown, kNull)}}), type));
    EXPECT_TRUE(has_missing_unknown(object_with({{"port", kUnknown}}), type));
    EXPECT_TRUE(has_missing_unknown(object_with({{"members", kUnknown}}), type));
    EXPECT_TRUE(has_missing_unknown(object_with({{"members", Value::map({{"1", kUnknown}})}}), type));
}

}  // namespace
}  // namespace pigsty::framework
