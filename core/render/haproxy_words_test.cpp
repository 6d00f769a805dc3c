#include "core/render/haproxy_words.h"

#include "core/base/unknown.h"
#include "core/render/golden.h"
#include "core/render/haproxy_listen.h"

namespace pigsty::render {
namespace {

std::string of_option(std::string_view line) { return haproxy_option_problem(line).value_or(""); }
std::string of_server(std::string_view text) { return haproxy_server_options_problem(text).value_or(""); }

TEST(HaproxyWords, take_the_lines_of_a_service) {
    for (const char* line : {"option httpchk", "option http-keep-alive", "http-check expect status 200",
                             "http-check send meth OPTIONS uri /minio/health/live", "stick-table type ip size 1m",
                             "http-request deny if { src 10.0.0.1 }", "timeout client 1h", "  no option redispatch",
                             "acl local src 127.0.0.1 ${X}", "tcp-check send \"PING # it\""})
        EXPECT_EQ(of_option(line), "") << line;
    EXPECT_EQ(of_server("check-ssl ca-file /etc/pki/ca.crt check port 9000"), "");
    EXPECT_EQ(of_server(""), "");
}

// HAProxy's own check accepts each of these: they open a section, or are another word once it has unquoted them.
TEST(HaproxyWords, refuse_a_line_that_leaves_its_section) {
    const std::string other = ", which is no word that lines of a `listen` section may begin with here";
    EXPECT_EQ(of_option("listen y"), "begins with \"listen\"" + other);
    EXPECT_EQ(of_option("  userlist u"), "begins with \"userlist\"" + other);
    EXPECT_EQ(of_option(" global"), "begins with \"global\"" + other);
    EXPECT_EQ(of_option(".if 1"), "begins with \".if\"" + other);
    EXPECT_EQ(of_option("external-check command /bin/sh"), "begins with \"external-check\"" + other);
    EXPECT_EQ(of_option("option\xC2\xA0httpchk"), "begins with \"option\xC2\xA0httpchk\"" + other);
    EXPECT_EQ(of_option("\"lis\"ten y"), "begins with a word that holds a \": \"lis\"ten");
    EXPECT_EQ(of_option("'global'"), "begins with a word that holds a ': 'global'");
    EXPECT_EQ(of_option("${X} y"), "begins with a word that holds a $: ${X}");
    EXPECT_EQ(of_option("l\\isten y"), "begins with a word that holds a \\: l\\isten");
    for (const char* line : {"option httpchk\nlisten y", "option httpchk\rlisten y", "option\thttpchk"})
        EXPECT_EQ(of_option(line), "holds a control character, which a line of HAProxy's configuration cannot");
    EXPECT_EQ(of_option("   "), "is empty");
    EXPECT_EQ(of_option("bind *:1"), "begins with \"bind\", which is said by `listen` and `port`");
    EXPECT_EQ(of_option("server x 1.2.3.4:5"), "begins with \"server\", which is said by `servers`");
    EXPECT_EQ(of_server("disabled"), "begins with \"disabled\", which is no option of a server that may stand here");
    EXPECT_EQ(of_server("ch\"eck\""), "begins with a word that holds a \": ch\"eck\"");
    EXPECT_EQ(of_server("check # port 1"), "holds a #, behind which all would be a comment: \"# port 1\"");
}

TEST(HaproxyWords, are_written_as_one_section) {
    Proxy proxy{.port = 9002,
                .options = {"option httpchk", " http-check expect status 200"},
                .server_options = "inter 3s",
                .servers = {{.name = "minio-1", .ip = "10.10.10.10", .port = 9000, .options = "check port 9000"},
                            {.name = "minio-2", .ip = "fd00::2", .port = 9000, .backup = true, .weight = 0}}};
    EXPECT_EQ(*render_haproxy_proxy("minio", proxy),
              "# Written by terraform-provider-pigsty: a change made here is drift.\n"
              "listen minio\n"
              "    bind *:9002\n"
              "    mode tcp\n"
              "    maxconn 10000\n"
              "    balance roundrobin\n"
              "    option httpchk\n"
              "    http-check expect status 200\n"
              "    default-server inter 3s\n"
              "    server minio-1 10.10.10.10:9000 weight 100 check port 9000\n"
              "    server minio-2 [fd00::2]:9000 weight 0 backup\n");
    proxy.options = {"frontend x"};
    EXPECT_EQ(render_haproxy_proxy("minio", proxy).error().message,
              "service minio: options begins with \"frontend\", which is no word that lines of a `listen` section may "
              "begin with here");
    proxy.options = {unknown_marker("options[0]")};
    EXPECT_TRUE(has_unknown(*render_haproxy_proxy("minio", proxy)));
}

}  // namespace
}  // namespace pigsty::render
