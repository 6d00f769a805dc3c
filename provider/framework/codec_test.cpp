#include "provider/framework/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/unknown.h"
#include "provider/framework/object_codec.h"

namespace pigsty::framework {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using value::Number;

template <class T>
T load(const Value& value, Loading& loading) {
    T into{};
    codec_of<T>()->load(value, &into, loading);
    return into;
}
template <class T>
T load(const Value& value) {
    Loading loading;
    return load<T>(value, loading);
}
template <class T>
Value store(const T& from, const Value& like = Value::null()) {
    return codec_of<T>()->store(&from, like);
}
template <class T>
Value round_trip(const Value& value) {
    return store(load<T>(value), value);
}

TEST(Codec, types_are_those_of_terraform) {
    EXPECT_EQ((codec_of<std::map<std::string, std::vector<std::string>>>()->type().to_json()),
              R"(["map",["list","string"]])");
    EXPECT_EQ(codec_of<std::optional<std::set<std::int64_t>>>()->type().to_json(), R"(["set","number"])");
    EXPECT_EQ(codec_of<Secret>()->type().to_json(), R"("string")");
    EXPECT_EQ(codec_of<Value>()->type().to_json(), R"("dynamic")");
}

TEST(Codec, known_values_come_back) {
    EXPECT_EQ(round_trip<std::string>(Value::string("a")), Value::string("a"));
    EXPECT_EQ(round_trip<bool>(Value::boolean(true)), Value::boolean(true));
    EXPECT_EQ(round_trip<std::uint16_t>(Value::number(65535)), Value::number(65535));
    EXPECT_EQ(round_trip<Secret>(Value::string("s")), Value::string("s"));
    EXPECT_EQ(round_trip<double>(Value::number(*Number::parse("0.1"))), Value::number(*Number::parse("0.1")));
    const Value exact = Value::number(*Number::parse("0.12345678901234567890123"));
    EXPECT_EQ(round_trip<double>(exact), exact);
    const Value set = Value::set({Value::string("b"), Value::string("a")});
    EXPECT_EQ(round_trip<std::set<std::string>>(set), set);
    const Value map = Value::map({{"k", Value::list({Value::number(1), Value::number(2)})}});
    EXPECT_EQ((round_trip<std::map<std::string, std::vector<std::int64_t>>>(map)), map);
    const Value dynamic = Value::dynamic(Type::number(), Value::number(3));
    EXPECT_EQ(round_trip<Value>(dynamic), dynamic);
}

TEST(Codec, null_is_blank_or_nothing) {
    EXPECT_EQ(load<std::string>(Value::null()), "");
    EXPECT_EQ(load<std::int64_t>(Value::null()), 0);
    EXPECT_THAT(load<std::vector<std::string>>(Value::null()), IsEmpty());
    EXPECT_FALSE(load<std::optional<std::string>>(Value::null()).has_value());
    EXPECT_TRUE(store(std::optional<std::string>()).is_null());
    EXPECT_EQ(store(std::optional<std::string>("")), Value::string(""));
}

TEST(Codec, unknown_text_becomes_a_marker_and_unknown_again) {
    Loading loading(Path::of("members").key("2").attribute("address"));
    const auto text = load<std::string>(Value::unknown(), loading);
    EXPECT_EQ(text, unknown_marker("members[\"2\"].address"));
    EXPECT_TRUE(store("prefix " + text).is_unknown());
    EXPECT_TRUE(loading.unknowns().at(Path::of("members")));
    EXPECT_TRUE(loading.unknowns().missing().empty());
    EXPECT_TRUE(has_unknown(load<Secret>(Value::unknown()).reveal()));
    EXPECT_TRUE(load<std::optional<std::string>>(Value::unknown()).has_value());
}

TEST(Codec, other_unknowns_are_missing_and_noted) {
    Loading loading(Path::of("port"));
    EXPECT_EQ(load<std::int64_t>(Value::unknown(), loading), 0);
    EXPECT_FALSE(load<std::optional<std::int64_t>>(Value::unknown(), loading).has_value());
    EXPECT_THAT(load<std::vector<std::string>>(Value::unknown(), loading), IsEmpty());
    EXPECT_EQ(loading.unknowns().missing().size(), 3U);
    EXPECT_TRUE(loading.unknowns().at("port"));
    EXPECT_FALSE(loading.unknowns().at("name"));
}

TEST(Codec, unknown_elements_have_paths_of_their_own) {
    Loading loading(Path::of("names"));
    const auto names =
        load<std::vector<std::string>>(Value::list({Value::string("a"), Value::unknown(), Value::unknown()}), loading);
    EXPECT_THAT(names, ElementsAre("a", unknown_marker("names[1]"), unknown_marker("names[2]")));
    EXPECT_FALSE(loading.unknowns().at(Path::of("names").index(0)));
    EXPECT_TRUE(loading.unknowns().at(Path::of("names").index(1)));
    EXPECT_EQ(store(names), Value::list({Value::string("a"), Value::unknown(), Value::unknown()}));
}

TEST(Codec, a_map_with_an_unknown_key_is_unknown) {
    const std::map<std::string, std::string> map = {{unknown_marker("name"), "x"}};
    EXPECT_TRUE(store(map).is_unknown());
}

TEST(Codec, numbers_that_do_not_fit_are_refused) {
    Loading loading(Path::of("port"));
    load<std::uint16_t>(Value::number(65536), loading);
    load<std::int64_t>(Value::number(*Number::parse("9223372036854775808")), loading);
    load<std::int64_t>(Value::number(*Number::parse("1.5")), loading);
    ASSERT_EQ(loading.problems().size(), 3U);
    EXPECT_EQ(loading.problems()[0].detail, "expected a whole number from 0 to 65535, found 65536");
    EXPECT_EQ(loading.problems()[0].path, Path::of("port"));
}

struct Ssh {
    std::optional<std::string> host;
    std::int64_t port = 0;
};
struct Outer {
    std::string name;
    Ssh ssh;
    std::vector<std::string> tags;
    Secret secret;
};

std::shared_ptr<const ObjectCodec> outer_codec() {
    const Attributes<Ssh> ssh = {attribute("host", &Ssh::host).optional().description("h"),
                                 attribute("port", &Ssh::port).fixed_default(22).description("p")};
    return object_codec(Attributes<Outer>{attribute("name", &Outer::name).required().description("n"),
                                          nested("ssh", &Outer::ssh, ssh).optional().description("s"),
                                          attribute("tags", &Outer::tags).optional().description("t"),
                                          attribute("secret", &Outer::secret).optional().write_only().description("w")}
                            .bound());
}

Value outer(const Value& ssh, const Value& tags) {
    return Value::object({{"name", Value::string("a")}, {"ssh", ssh}, {"tags", tags}, {"secret", Value::string("x")}});
}

TEST(ObjectCodec, an_omitted_object_is_an_object_of_defaults_and_is_omitted_again) {
    Loading loading;
    Outer object;
    const Value value = outer(Value::null(), Value::null());
    outer_codec()->load(value, &object, loading);
    EXPECT_EQ(object.ssh.port, 22);
    const Value stored = outer_codec()->store(&object, value);
    EXPECT_TRUE(stored.get("ssh").is_null());
    EXPECT_TRUE(stored.get("tags").is_null());
    EXPECT_TRUE(stored.get("secret").is_null());
    object.ssh.port = 2222;
    EXPECT_EQ(outer_codec()->store(&object, value).get("ssh").get("port"), Value::number(2222));
}

TEST(ObjectCodec, what_was_written_empty_stays_written) {
    Loading loading;
    Outer object;
    const Value ssh = Value::object({{"host", Value::null()}, {"port", Value::number(22)}});
    const Value value = outer(ssh, Value::list({}));
    outer_codec()->load(value, &object, loading);
    const Value stored = outer_codec()->store(&object, value);
    EXPECT_EQ(stored.get("ssh"), ssh);
    EXPECT_EQ(stored.get("tags"), Value::list({}));
    EXPECT_EQ(object.secret.reveal(), "x");
}

TEST(ObjectCodec, an_unknown_object_is_missing) {
    Loading loading;
    Outer object;
    outer_codec()->load(outer(Value::unknown(), Value::null()), &object, loading);
    EXPECT_THAT(loading.unknowns().missing(), ElementsAre(Path::of("ssh")));
    EXPECT_EQ(object.ssh.port, 22);
    EXPECT_TRUE(loading.unknowns().at(Path::of("ssh").attribute("port"))) << "inside what is unknown";
}

}  // namespace
}  // namespace pigsty::framework
