// Planning and self-check of declarations that the test cluster does not have.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/framework/attributes.h"
#include "provider/framework/planning.h"
#include "provider/framework/schema_check.h"
#include "provider/framework/testing/text.h"
#include "provider/framework/validators.h"

namespace pigsty::framework {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::text;

struct Connection {
    std::string id;
    std::map<std::string, std::string> members;
};
struct Citus {
    std::int64_t group = 0;
};
struct User {
    Connection cluster;
    std::optional<Citus> citus;
    std::string name;
};

Attributes<Connection> connection_attributes() {
    return {attribute("id", &Connection::id).required().description("i"),
            attribute("members", &Connection::members).required().description("m")};
}

AttributeList user_attributes() {
    const Attributes<Citus> citus = {
        attribute("group", &Citus::group).fixed_default(0).fixed_after_creation("Make another.").description("g")};
    const Attributes<User> attributes = {
        object("cluster", &User::cluster, connection_attributes())
            .required()
            .same_meaning([](const Value& prior, const Value& next) { return prior.get("id") == next.get("id"); })
            .forces_replacement_if(
                [](const Value& prior, const Value& planned) { return prior.get("id") != planned.get("id"); },
                "Another `id` makes a new resource.")
            .description("c"),
        nested("citus", &User::citus, citus).optional().description("c"),
        attribute("name", &User::name).required().forces_replacement().description("n")};
    return attribute_list(attributes.bound());
}

Value cluster(const Value& id, const Value& address) {
    return Value::object({{"id", id}, {"members", Value::map({{"1", address}})}});
}
Value user(const Value& cluster, const Value& citus = Value::null()) {
    return Value::object({{"cluster", cluster}, {"citus", citus}, {"name", text("app")}});
}
Value citus(const Value& group) { return Value::object({{"group", group}}); }

TEST(Planning, a_dependent_keeps_its_object_while_only_members_differ) {
    const Value prior = user(cluster(text("1"), text("10.0.0.1")));
    const auto planned = [&](const Value& config) {
        return planned_object(user_attributes(), config, prior, Undecided::kUnknown);
    };
    EXPECT_EQ(planned(user(cluster(text("1"), text("10.0.0.9")))), prior);
    EXPECT_EQ(planned(user(cluster(text("1"), Value::unknown()))), prior);
    const Value other = planned(user(cluster(text("2"), text("10.0.0.1"))));
    EXPECT_THAT(replacements(user_attributes(), prior, other), ElementsAre(Path::of("cluster")));
    const Value unknown = planned(user(cluster(Value::unknown(), text("10.0.0.1"))));
    EXPECT_THAT(replacements(user_attributes(), prior, unknown), ElementsAre(Path::of("cluster")));
    EXPECT_THAT(replacements(user_attributes(), prior, planned(user(Value::unknown()))),
                ElementsAre(Path::of("cluster")));
}

TEST(Planning, an_omitted_object_equals_an_object_of_defaults) {
    const Value in = cluster(text("1"), text("a"));
    const auto refusals = [&](const Value& prior, const Value& planned) {
        Diagnostics diagnostics;
        refuse_fixed_changes(user_attributes(), user(in, prior), user(in, planned), diagnostics);
        return diagnostics.size();
    };
    EXPECT_EQ(refusals(Value::null(), citus(Value::number(0))), 0U);
    EXPECT_EQ(refusals(Value::null(), citus(Value::number(1))), 1U);
    EXPECT_EQ(refusals(citus(Value::number(1)), Value::null()), 1U);
    EXPECT_EQ(refusals(citus(Value::number(1)), citus(Value::unknown())), 0U);
}

enum class Color { red };
struct Wrong {
    std::string text;
    std::int64_t number = 0;
    Color color = Color::red;
    Citus object;
    std::set<std::string> set;
};

TEST(SelfCheck, names_every_broken_rule) {
    const Attributes<Citus> inner = {attribute("group", &Citus::group).fixed_default(1).description("g")};
    const Attributes<Wrong> wrong = {
        attribute("Text", &Wrong::text).description(""),
        attribute("text", &Wrong::text).required().optional().description("t"),
        attribute("number", &Wrong::number).fixed_default("five").description("n"),
        attribute("number", &Wrong::number).fixed_default(0).validate(port()).description("n"),
        attribute("secret", &Wrong::text).computed().write_only().description("s"),
        choice("color", &Wrong::color, {{"red", Color::red}}).optional().description("c"),
        object("object", &Wrong::object, inner).kept().description("o"),
        nested("nested", &Wrong::object, inner).kept().description("o"),
        attribute("replaced", &Wrong::text).computed().validate(not_empty()).description("r"),
        attribute("fixed", &Wrong::text).required().forces_replacement().fixed_after_creation("no").description("f")};
    const AttributeList list = attribute_list(wrong.bound());
    Schema schema;
    schema.block = block_schema(list, "");
    EXPECT_THAT(schema_problems(schema, "resource x"),
                ElementsAre("resource x: has no description",
                            "resource x: Text is no name: lower-case letters, digits and underscores are",
                            "resource x: Text is neither required, optional nor computed",
                            "resource x: Text has no description", "resource x: text is required and optional",
                            "resource x: number is declared twice", "resource x: secret is write-only and computed",
                            "resource x: nested is nested, optional and computed: its members can be, it cannot"));
    EXPECT_THAT(
        declaration_problems(list, "resource x"),
        ElementsAre(
            "resource x: number has a default of another type, or of a set",
            "resource x: number has a default that its own validators refuse",
            "resource x: color is an enumeration that may be left out: give it a default, or make it std::optional",
            "resource x: object.group is inside a plain object, where nothing has a default, is kept, write-only "
            "or replaces",
            "resource x: replaced is computed and has validators",
            "resource x: fixed forces a replacement and is fixed after creation"));
}

TEST(SelfCheck, identities_and_functions) {
    IdentitySchema identity;
    identity.attributes = {{.name = "m",
                            .type = Type::map(Type::string()),
                            .required_for_import = true,
                            .optional_for_import = true,
                            .description = ""}};
    EXPECT_THAT(identity_problems(identity, "identity of x"),
                ElementsAre("identity of x: m is neither primitive nor a list of such",
                            "identity of x: m must be either required or optional for import",
                            "identity of x: m has no description"));
    FunctionSchema function;
    function.parameters = {{.name = "1a", .type = Type::string(), .description = "d"},
                           {.name = "b", .type = Type::string(), .description = ""}};
    function.variadic_parameter = {.name = "b", .type = Type::string(), .description = "d"};
    EXPECT_THAT(function_problems(function, "function f"),
                ElementsAre("function f: a parameter has the name \"1a\"", "function f: b has no description",
                            "function f: b is declared twice", "function f: has no summary or description"));
}

}  // namespace
}  // namespace pigsty::framework
