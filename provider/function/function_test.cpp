#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/render/scram.h"
#include "provider/function/pg_hba.h"
#include "provider/function/pg_tune.h"
#include "provider/function/scram_sha_256.h"

namespace pigsty::provider {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using value::Type;
using value::Value;

Value text(const char* value) { return Value::string(value); }

// As Terraform hands over a list of objects that have different members: a dynamic tuple.
Value dynamic(Value value) { return Value::dynamic(Type::tuple({}), std::move(value)); }

std::string result(const framework::FunctionResult<Value>& result) {
    if (!result) return "argument " + std::to_string(result.error().argument.value_or(-1)) + ": " + result.error().text;
    return result->as_string();
}

std::string verifier(const char* password, const char* salt, std::int64_t iterations) {
    return result(ScramSha256().call_values({text(password), text(salt), Value::number(iterations)}));
}

TEST(ScramSha256, makes_what_postgresql_stores) {
    const std::string made = verifier("foo", "c2FsdHNhbHRzYWx0c2FsdA==", 4096);
    EXPECT_THAT(made, StartsWith("SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$"));
    const auto parsed = render::parse_scram_verifier(made);
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(render::scram_matches(*parsed, "foo"));
    EXPECT_FALSE(render::scram_matches(*parsed, "Foo"));
}

TEST(ScramSha256, prepares_passwords_as_the_server_does) {
    // U+2168 is "IX" and U+00AD is nothing (RFC 4013, section 3).
    EXPECT_EQ(verifier("\xE2\x85\xA8", "AAAA", 1), verifier("IX", "AAAA", 1));
    EXPECT_EQ(verifier("I\xC2\xADX", "AAAA", 1), verifier("IX", "AAAA", 1));
    // Prohibited by SASLprep, and taken as it is by the server (RFC 4013's example 6).
    EXPECT_THAT(verifier("\x07", "AAAA", 1), StartsWith("SCRAM-SHA-256$1:AAAA$"));
}

TEST(ScramSha256, refuses_what_is_no_password_salt_or_number) {
    EXPECT_THAT(verifier("", "AAAA", 1), StartsWith("argument 0: expected a password"));
    EXPECT_THAT(verifier("md5"
                         "0123456789abcdef0123456789abcdef",
                         "AAAA", 1),
                HasSubstr("found a verifier"));
    EXPECT_THAT(verifier("foo", "salt!", 1), StartsWith("argument 1: expected base64"));
    EXPECT_THAT(verifier("foo", "AAAA", 0), StartsWith("argument 2: expected 1 to"));
    EXPECT_THAT(verifier("secret", "?", 0), ::testing::Not(HasSubstr("secret")));
}

std::string hba(Value rules, Value networks) {
    return result(PgHba().call_values({dynamic(std::move(rules)), std::move(networks)}));
}

TEST(PgHba, writes_the_rules_and_nothing_else) {
    const Value rules = Value::list({
        Value::object({{"title", text("app")},
                       {"user", text("app")},
                       {"db", text("app")},
                       {"addr", text("cluster")},
                       {"auth", text("ssl")}}),
        Value::object({{"addr", text("local")}, {"auth", text("peer")}, {"order", text("10")}}),
    });
    const Value networks = dynamic(Value::object({{"cluster", Value::list({text("10.10.10.11")})}}));
    EXPECT_EQ(hba(rules, networks),
              "# TYPE   DATABASE         USER                     ADDRESS              METHOD\n"
              "\nlocal    all              all                                           peer\n"
              "\n# app\nhostssl  app              app                      10.10.10.11/32       scram-sha-256\n");
}

TEST(PgHba, takes_no_networks_and_no_rules) {
    const std::string heading = "# TYPE   DATABASE         USER                     ADDRESS              METHOD\n";
    EXPECT_EQ(hba(Value::list({}), Value::null()), heading);
    EXPECT_THAT(hba(Value::list({Value::object({{"addr", text("intra")}})}), Value::null()), HasSubstr("10.0.0.0/8"));
}

TEST(PgHba, names_the_rule_and_the_member_that_is_wrong) {
    const auto with = [](const char* name, Value value) {
        return hba(Value::list({Value::object({{"addr", text("local")}}),
                                Value::object({{"addr", text("world")}, {name, std::move(value)}})}),
                   Value::null());
    };
    EXPECT_THAT(with("colour", text("red")),
                StartsWith("argument 0: rules[1].colour: there is no such member. Members are title, user"));
    EXPECT_THAT(with("auth", text("nope")),
                StartsWith("argument 0: rules[1].auth: there is no authentication \"nope\": it is one of"));
    EXPECT_EQ(with("order", text("first")), "argument 0: rules[1].order: expected a number, found \"first\"");
    EXPECT_EQ(with("rules", text("host all")), "argument 0: rules[1].rules: expected a list, found \"host all\"");
    EXPECT_THAT(with("role", text("primary")), HasSubstr("rules[1].role: a rule for role \"primary\" would be wrong"));
    EXPECT_THAT(hba(text("x"), Value::null()), StartsWith("argument 0: rules: expected a list of objects"));
    const Value bad = dynamic(Value::object({{"admin", Value::list({text("10.0.0.1/99")})}}));
    EXPECT_THAT(hba(Value::list({}), bad), StartsWith("argument 1: networks.admin[0]: Expected"));
    EXPECT_THAT(hba(Value::list({Value::object({{"addr", text("admin")}})}), Value::null()),
                HasSubstr("rules[0].addr: \"admin\" stands for no address here: set networks.admin"));
}

TEST(PgTune, is_the_template_of_the_resource) {
    const auto tune = [](const char* name, std::int64_t cpu, std::int64_t memory, std::int64_t disk) {
        return PgTune().call_values({text(name), Value::number(cpu), Value::number(memory), Value::number(disk)});
    };
    const auto tuned = tune("oltp", 4, 16384, 100);
    ASSERT_TRUE(tuned);
    EXPECT_EQ(tuned->get("shared_buffers"), text("4096MB"));
    EXPECT_EQ(result(tune("big", 4, 16384, 100)), "argument 0: expected oltp, olap, crit or tiny, found \"big\"");
    EXPECT_EQ(result(tune("tiny", 0, 1024, 10)), "argument 1: expected at least 1 CPU, found 0");
    EXPECT_EQ(result(tune("tiny", 1, 100, 10)), "argument 2: expected at least 256 MB of memory, found 100");
    EXPECT_EQ(result(tune("tiny", 1, 1024, 0)), "argument 3: expected at least 1 GB of disk, found 0");
}

}  // namespace
}  // namespace pigsty::provider
