#include "core/module/pgsql/backup/information.h"

#include <gmock/gmock.h>

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;

// As pgBackRest 2.55.1 printed it, with a warning before it.
constexpr const char* kOneFull =
    "P00   WARN: configuration file contains invalid option 'nonsense'\n"
    R"([{"archive":[{"database":{"id":1,"repo-key":1},"id":"17-1","max":"000000010000000000000003","min":"000000010000000000000001"}],"backup":[{"archive":{"start":"000000010000000000000002","stop":"000000010000000000000003"},"backrest":{"format":5,"version":"2.55.1"},"database":{"id":1,"repo-key":1},"error":false,"info":{"delta":23421882,"repository":{"delta":2777892,"size":2777892},"size":23421882},"label":"20261130-022842F","lsn":{"start":"0/2000028","stop":"0/3000050"},"prior":null,"reference":null,"timestamp":{"start":1796005722,"stop":1796005726},"type":"full"}],"cipher":"none","db":[{"id":1,"repo-key":1,"system-id":7713785821126467605,"version":"17"}],"name":"pg-test","repo":[{"cipher":"none","key":1,"status":{"code":0,"message":"ok"}}],"status":{"code":0,"lock":{"backup":{"held":false}},"message":"ok"}}])";

std::string with_status(const std::string& status) {
    return R"([{"backup":[],"db":[],"name":"pg-test","repo":[{"status":)" + status +
           R"(}],"status":{"code":99,"lock":{"backup":{"held":true,"size":9,"size-cplt":4}},"message":"other"}}])";
}

TEST(Information, is_read_from_the_json_and_not_from_the_exit_status) {
    const auto seen = read_information(kOneFull, {});
    ASSERT_TRUE(seen);
    EXPECT_TRUE(seen->is_readable());
    EXPECT_FALSE(seen->is_running);
    EXPECT_THAT(seen->system_identifiers, ElementsAre("7713785821126467605"));
    ASSERT_EQ(seen->sets.size(), 1U);
    EXPECT_EQ(*seen->newest(), (BackupSet{.label = "20261130-022842F",
                                          .type = "full",
                                          .start = 1796005722,
                                          .stop = 1796005726,
                                          .size = 23421882,
                                          .repository_size = 2777892,
                                          .wal_start = "000000010000000000000002",
                                          .wal_stop = "000000010000000000000003"}));
}

TEST(Information, tells_a_missing_stanza_from_what_cannot_be_read) {
    EXPECT_EQ(read_information(with_status(R"({"code":1,"message":"missing stanza path"})"), {})->trouble.kind,
              TroubleKind::no_stanza);
    EXPECT_EQ(read_information("[]\n", {})->trouble.kind, TroubleKind::no_stanza);
    EXPECT_TRUE(read_information(with_status(R"({"code":2,"message":"no valid backups"})"), {})->is_readable());
    const auto other = read_information(
        with_status(
            R"({"code":99,"message":"[CryptoError] unable to load info file:\nCryptoError: cipher header invalid"})"),
        {});
    EXPECT_EQ(other->trouble.kind, TroubleKind::other_key);
    EXPECT_TRUE(other->is_running);
    EXPECT_EQ(other->done_bytes, 4);
    EXPECT_EQ(read_information(with_status(R"({"code":99,"message":""})"), {})->trouble.kind, TroubleKind::other);
}

TEST(Information, may_hold_bytes_of_the_repository) {
    const auto seen = read_information(
        with_status("{\"code\":99,\"message\":\"[FormatError] unable to load info file \xde\xad\xbe\xef\"}"), {});
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->trouble.kind, TroubleKind::other_key);
}

TEST(Information, is_not_there_where_nothing_was_said_in_time) {
    EXPECT_FALSE(read_information("", {}));
    EXPECT_FALSE(read_information("P00   WARN: x\n", {}));
    EXPECT_FALSE(read_information("[{\"half\":", {}));
}

TEST(Archiver, is_told_by_the_leader_alone) {
    EXPECT_FALSE(read_archiver(""));
    EXPECT_EQ(
        read_archiver(
            R"({"failing" : true, "waiting" : 3, "archived" : "000000010000000000000003", "restorable" : 1796005726})"),
        (Archiver{
            .is_failing = true, .waiting = 3, .last_archived = "000000010000000000000003", .restorable = 1796005726}));
    EXPECT_EQ(read_archiver(R"({"failing" : false, "waiting" : 0, "archived" : "", "restorable" : null})"), Archiver{});
}

}  // namespace
}  // namespace pigsty::module::pgsql
