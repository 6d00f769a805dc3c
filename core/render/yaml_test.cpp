#include "core/render/yaml.h"

#include <gmock/gmock.h>

#include "core/base/unknown.h"

namespace pigsty::render {
namespace {

TEST(Yaml, quotes_what_a_reader_could_take_for_something_else) {
    for (const char* plain : {"pg-test", "/pg/data", "C.UTF-8", "INFO"}) EXPECT_EQ(yaml_string(plain), plain);
    EXPECT_EQ(yaml_string("off"), "\"off\"");
    EXPECT_EQ(yaml_string("Yes"), "\"Yes\"");
    EXPECT_EQ(yaml_string("0640"), "\"0640\"");
    EXPECT_EQ(yaml_string("1e3"), "\"1e3\"");
    EXPECT_EQ(yaml_string(""), "\"\"");
    EXPECT_EQ(yaml_string("{{x:1}}"), "\"\\x7B{x:1}}\"");
    EXPECT_EQ(yaml_string(" a: \"b\" \\ #\n\t"), "\" a: \\\"b\\\" \\\\ #\\n\\t\"");
    EXPECT_EQ(yaml_string("\x7f\xC2\x85\xE2\x80\xA8"), "\"\\u007F\\u0085\\u2028\"");
    EXPECT_EQ(yaml_string("größe 🐘"), "\"größe 🐘\"");
    EXPECT_TRUE(has_unknown(yaml_string(unknown_marker("x"))));
}

TEST(Yaml, writes_blocks) {
    Yaml tree{{"a", 1}, {"b", {{"c", true}, {"d", Yaml::object()}}}};
    tree["e"] = Yaml::array({"x", Yaml{{"k", "v"}}, Yaml{{"m", 1}, {"n", 2}}, Yaml::array()});
    EXPECT_EQ(to_yaml(tree),
              "a: 1\n"
              "b:\n"
              "  c: true\n"
              "  d: {}\n"
              "e:\n"
              "  - x\n"
              "  - k: v\n"
              "  -\n"
              "    m: 1\n"
              "    \"n\": 2\n"
              "  - []\n");
}

// Or a parameter of one member could carry the cluster's password into the server, for everybody to SHOW.
TEST(Yaml, only_a_secret_of_ours_is_one) {
    EXPECT_EQ(to_yaml({{"password", yaml_secret({"replication", 1})}, {"my.x", "{{replication:1}} {{{rest:1}}"}}),
              "password: \"{{replication:1}}\"\n"
              "my.x: \"\\x7B{replication:1}} \\x7B\\x7B{rest:1}}\"\n");
}

}  // namespace
}  // namespace pigsty::render
