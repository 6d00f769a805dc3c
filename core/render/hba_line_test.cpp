#include "core/render/hba_line.h"

#include <gtest/gtest.h>

namespace pigsty::render {
namespace {

std::string to_postgresql(std::string_view line, bool tls = true) {
    const auto problem = check_hba_line(line, HbaTarget::postgresql, tls);
    return problem ? problem->message : "";
}

std::string to_pgbouncer(std::string_view line, bool tls = true) {
    const auto problem = check_hba_line(line, HbaTarget::pgbouncer, tls);
    return problem ? problem->message : "";
}

TEST(HbaLine, takes_what_both_programs_read) {
    for (const char* line :
         {"", "   ", "# a comment", "local all all reject # why", "host \"a b\",c \"d\"\"e\" 10.0.0.0/8 scram-sha-256",
          "host all all ::/0 reject", "host sameuser all 10.0.0.1/32 cert"}) {
        EXPECT_EQ(to_postgresql(line), "") << line;
        EXPECT_EQ(to_pgbouncer(line), "") << line;
    }
}

TEST(HbaLine, knows_what_postgresql_takes_beyond_that) {
    for (const char* line :
         {"include other.conf", "include_dir \"a b\"", "host all /^a all trust", "host all all samenet md5",
          "host all all 10.0.0.0 255.0.0.0 reject", "hostgssenc all all all gss include_realm=0",
          "host replication,@dbs +ops example.org ldap ldapserver=ldap.example.org ldapprefix=\"cn=\""})
        EXPECT_EQ(to_postgresql(line), "") << line;
}

TEST(HbaLine, refuses_what_postgresql_would_not_start_with) {
    EXPECT_EQ(
        to_postgresql("hots all all 10.0.0.0/8 reject"),
        "expected a line that begins with one of local, host, hostssl, hostnossl, hostgssenc, hostnogssenc, found "
        "\"hots\"");
    EXPECT_EQ(to_postgresql("local all"), "expected a user, found the end of the line");
    EXPECT_EQ(to_postgresql("local all all"), "expected an authentication method, found the end of the line");
    EXPECT_EQ(to_postgresql("host all all"), "expected an address, found the end of the line");
    EXPECT_EQ(to_postgresql("host all all 10.0.0.1 reject"),
              "expected a prefix or a mask behind the address \"10.0.0.1\"");
    EXPECT_EQ(to_postgresql("host all all 10.0.0.0/8 deny"), "there is no authentication method \"deny\"");
    EXPECT_EQ(to_postgresql("host \"all all 10.0.0.0/8 reject"),
              "expected a second \" that ends the quoted text, found the end of the line");
    EXPECT_EQ(to_postgresql("local all all peer map"), "expected an option as NAME=VALUE, found \"map\"");
    EXPECT_EQ(to_postgresql("local a , b all reject"), "there is no authentication method \"all\"") << "no list";
    EXPECT_EQ(to_postgresql("hostssl all all all cert", false), "\"hostssl\" needs TLS, which is switched off here");
}

TEST(HbaLine, refuses_what_pgbouncer_would_leave_out) {
    EXPECT_EQ(to_pgbouncer("include other.conf"),
              "expected a line that begins with one of local, host, hostssl, hostnossl, found \"include\"");
    EXPECT_EQ(to_pgbouncer("host all +ops 10.0.0.0/8 reject"), "pgbouncer knows no role membership, found \"+ops\"");
    EXPECT_EQ(to_pgbouncer("host all replication 10.0.0.0/8 reject"),
              "pgbouncer knows no \"replication\" in its HBA file");
    EXPECT_EQ(to_pgbouncer("host all \"replication\" 10.0.0.0/8 reject"), "");
    EXPECT_EQ(to_pgbouncer("host a , b all 10.0.0.0/8 reject"), "") << "one list to pgbouncer";
    EXPECT_EQ(to_pgbouncer("host all @users 10.0.0.0/8 reject"), "expected names, found the file \"@users\"");
    EXPECT_EQ(to_pgbouncer("host all all all reject"), "expected a CIDR such as 10.0.0.0/8, found \"all\"");
    EXPECT_EQ(to_pgbouncer("host all all 10.0.0.5/8 reject"),
              "expected no address bits behind the prefix, found \"10.0.0.5/8\"");
    EXPECT_EQ(to_pgbouncer("host all all 10.0.0.0/8 ident"), "there is no authentication method \"ident\"");
    EXPECT_EQ(to_pgbouncer("local all all peer map=x"), "expected nothing behind the method, found \"map=x\"");
}

}  // namespace
}  // namespace pigsty::render
