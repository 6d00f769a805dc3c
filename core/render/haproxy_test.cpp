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

TEST(Haproxy, looks_at_servers_as_often_as_the_plan_says) {
    const auto text = [](const Service& service, std::string_view rto) {
        return render_haproxy_service("pg-test", "x", service, members(), "postgres", rto).value();
    };
    EXPECT_THAT(text({.port = 1}, "fast"), testing::HasSubstr("default-server inter 1s fastinter 500ms downinter 1s "));
    EXPECT_THAT(text({.port = 1, .options = "inter 9s"}, "fast"), testing::HasSubstr("default-server inter 9s\n"));
    EXPECT_TRUE(has_unknown(text({.port = 1}, unknown_marker("rto"))));
    EXPECT_FALSE(has_unknown(text({.port = 1, .options = "inter 9s"}, unknown_marker("rto"))));
}

TEST(Haproxy, knows_who_is_synchronous) {
    EXPECT_GOLDEN("pg-test-standby.cfg",
                  *render_haproxy_service("pg-test", "standby", standby_service(false), members(), "pgbouncer"));
    EXPECT_EQ(standby_service(true).check, "/quorum");
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
    const auto refusal = [](const Service& service) {
        const auto text = render_haproxy_service("pg-test", "x", service, members(), "postgres");
        return text ? "" : text.error().message;
    };
    EXPECT_EQ(refusal({.port = 1, .check = "/\nlisten y"}),
              "service x: check holds a control character, which a line of HAProxy's configuration cannot");
    EXPECT_EQ(refusal({.port = 1, .check = "/primary#x"}),
              "service x: check holds a '#', which ends or changes a word of HAProxy's configuration");
    EXPECT_EQ(refusal({.port = 1, .options = "inter 2s # rise 3"}),
              "service x: options holds a #, behind which all would be a comment: \"# rise 3\"");
    EXPECT_EQ(refusal({.port = 1, .options = "inter 2s \\"}),
              "service x: options ends in a backslash, which would escape the end of the line");
    EXPECT_EQ(refusal({.port = 1, .options = "sni \"a"}), "service x: options holds a \" that does not end");
    EXPECT_EQ(refusal({.port = 1, .options = "sni 'str(#1)' inter 2s\\#"}), "");
    EXPECT_EQ(refusal({.port = 1, .options = "inter 2s rise 3"}), "");
}

TEST(Haproxy, is_unknown_while_a_condition_asks_for_an_unknown_address) {
    auto some = members();
    some[1].address = unknown_marker("instances[\"2\"].address");
    const Service first{.port = 1, .selector = "[? pg_role == `primary`]"};
    EXPECT_FALSE(has_unknown(*render_haproxy_service("pg-test", "x", first, some, "postgres")));
    const Service by_address{.port = 1, .selector = "[? inventory_hostname == `10.10.10.11`]"};
    EXPECT_TRUE(has_unknown(*render_haproxy_service("pg-test", "x", by_address, some, "postgres")));
    for (const Service& service :
         {Service{.port = 1, .selector = unknown_marker("selector")},
          Service{.port = 1, .dest = unknown_marker("dest")}, Service{.port = 1, .backup = unknown_marker("backup")}})
        EXPECT_TRUE(has_unknown(*render_haproxy_service("pg-test", "x", service, members(), "postgres")));
}

}  // namespace
}  // namespace pigsty::render
