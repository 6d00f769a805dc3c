#include "core/item/cron_line.h"

#include <gmock/gmock.h>

namespace pigsty::item {
namespace {

using testing::HasSubstr;

std::string refused_line(std::string_view line) {
    const auto status = check_cron_line(line);
    return status ? "" : status.error().message;
}

TEST(CronLine, takes_what_cron_takes) {
    for (const std::string_view line : {
             "",
             "# a comment",
             "MAILTO=root",
             "PATH = /usr/bin:/bin",
             "0 1 * * * root true",
             "\t*/5 0-6,22-23 1,15 jan-Mar mon-fri postgres /pg/bin/check %in",
             "0-30/10 * * * 7 www-data a=b",
             "@daily postgres /pg/bin/pg-backup",
             "@reboot root true",
         })
        EXPECT_EQ(refused_line(line), "") << line;
}

TEST(CronLine, refuses_what_makes_cron_ignore_the_file) {
    EXPECT_EQ(refused_line("61 * * * * root true"),
              "expected the minute from 0 to 59 (\"*\", \"7\", \"1-5\", \"*/5\", a list of these), found \"61\"");
    EXPECT_THAT(refused_line("* 24 * * * root true"), HasSubstr("expected the hour from 0 to 23"));
    EXPECT_THAT(refused_line("* * 0 * * root true"), HasSubstr("found \"0\""));
    EXPECT_THAT(refused_line("* * * foo * root true"), HasSubstr("expected the month from 1 to 12"));
    EXPECT_THAT(refused_line("* * * * 8 root true"), HasSubstr("expected the day of the week from 0 to 7"));
    EXPECT_THAT(refused_line("*/0 * * * * root true"), HasSubstr("found \"*/0\""));
    EXPECT_THAT(refused_line("5/10 * * * * root true"), HasSubstr("found \"5/10\""));
    EXPECT_THAT(refused_line("30-10 * * * * root true"), HasSubstr("found \"30-10\""));
    EXPECT_THAT(refused_line("1,,2 * * * * root true"), HasSubstr("found \"1,,2\""));
    EXPECT_THAT(refused_line("@dayly root true"), HasSubstr("@hourly, found @dayly"));
    EXPECT_EQ(refused_line("0 1 * * * /pg/bin/backup"),
              "expected a user and a command behind the times, found \"/pg/bin/backup\"");
    EXPECT_EQ(refused_line("0 1 * * * /pg/bin/backup full"),
              "expected a user and a command behind the times, found \"/pg/bin/backup full\"");
    EXPECT_THAT(refused_line("0 1 * * * root"), HasSubstr("expected a user and a command"));
    EXPECT_THAT(refused_line("0 1 * *"), HasSubstr("expected the day of the week from 0 to 7"));
    EXPECT_THAT(refused_line("0 1 * * * root " + std::string(999, 'x')), HasSubstr("at most 998 bytes, found 999"));
    EXPECT_THAT(refused_line("0 1 * * * root a\nb"), HasSubstr("control character"));
}

TEST(CronLine, tells_whose_job_it_is) {
    EXPECT_EQ(cron_user("0 1 * * * postgres /pg/bin/pg-backup full"), "postgres");
    EXPECT_EQ(cron_user("@daily  ops true"), "ops");
    EXPECT_EQ(cron_user("MAILTO=root"), std::nullopt);
    EXPECT_EQ(cron_user("# x"), std::nullopt);
}

}  // namespace
}  // namespace pigsty::item
