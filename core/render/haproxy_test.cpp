#include "core/render/haproxy.h"

#include "core/base/unknown.h"
#include "core/render/golden.h"

namespace pigsty::render {
namespace {

std::vector<ServiceMember> members() {
    return {{.name = "pg-test-1", .number = 1, .address = "10.10.10.11", .role = "primary"},
            {.name = "pg-test-2", .number = 2, .address = "10.10.10.12"},
            {.name = "pg-test-3", .number = 3, .address = "10.10.10.13", .role = "offline", .weight = 50}};
}

TEST(Haproxy, writes_the_base_and_the_default_services) {
    EXPECT_GOLDEN("haproxy.cfg", render_haproxy_base());
    for (const auto& [name, service] : default_services())
        EXPECT_GOLDEN("pg-test-" + name + ".cfg",
                      *render_haproxy_service("pg-test", name, service, members(), "pgbouncer"));
}

TEST(Haproxy, leads_where_the_service_says) {
    const auto first_server = [](const Service& service) {
        auto plain = members();
        plain.resize(1);
        plain[0].rest_ssl = false;
        const auto text = render_haproxy_service("pg-test", "x", service, plain, "postgres");
        if (!text) return text.error().message;
        return text->substr(text->find("    server "));
    };
    EXPECT_EQ(first_server({.port = 1}), "    server pg-test-1 10.10.10.11:5432 check port 8008 weight 100\n");
    EXPECT_EQ(first_server({.port = 1, .dest = "pgbouncer"}),
              "    server pg-test-1 10.10.10.11:6432 check port 8008 weight 100\n");
    EXPECT_EQ(first_server({.port = 1, .dest = "7000"}),
              "    server pg-test-1 10.10.10.11:7000 check port 8008 weight 100\n");
    EXPECT_EQ(first_server({.port = 1, .dest = "redis"}), "dest: there is no destination \"redis\"");
    EXPECT_EQ(first_server({.port = 1, .selector = "[?"}),
              "selector [?: expected a name, a literal or a parenthesis at the end");
}

TEST(Haproxy, refuses_what_a_line_cannot_hold) {
    EXPECT_EQ(render_haproxy_service("pg-test", "x", {.port = 1, .check = "/\nlisten y"}, members(), "postgres")
                  .error()
                  .message,
              "service x: a line of HAProxy's configuration cannot hold control characters");
}

TEST(Haproxy, is_unknown_while_a_condition_asks_for_an_unknown_address) {
    auto some = members();
    some[1].address = unknown_marker("instances[\"2\"].address");
    const Service first{.port = 1, .selector = "[? pg_role == `primary`]"};
    EXPECT_FALSE(has_unknown(*render_haproxy_service("pg-test", "x", first, some, "postgres")));
    const Service by_address{.port = 1, .selector = "[? inventory_hostname == `10.10.10.11`]"};
    EXPECT_TRUE(has_unknown(*render_haproxy_service("pg-test", "x", by_address, some, "postgres")));
}

}  // namespace
}  // namespace pigsty::render
