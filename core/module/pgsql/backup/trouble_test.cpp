#include "core/module/pgsql/backup/trouble.h"

#include <gmock/gmock.h>

namespace pigsty::module::pgsql {
namespace {

using testing::HasSubstr;

Backup saver_in_minio() { return {.repository = minio::Access{.name = "minio"}, .bucket = "backups", .user = "saver"}; }

TroubleKind kind_of(const std::string& printed) { return trouble_in(printed, saver_in_minio()).kind; }

// As pgBackRest 2.55 printed them.
TEST(Trouble, is_told_by_what_people_can_do_about_it) {
    EXPECT_EQ(kind_of(""), TroubleKind::none);
    EXPECT_EQ(kind_of("ERROR: [039]: HTTP request failed with 403 (Forbidden):\n*** Path/Query ***:\nGET /pgsql\n"
                      "<Error><Code>SignatureDoesNotMatch</Code></Error>"),
              TroubleKind::refused_key);
    EXPECT_EQ(kind_of("[ProtocolError] HTTP request failed with 403 (Forbidden): <Code>AccessDenied</Code>"),
              TroubleKind::refused_right);
    EXPECT_EQ(kind_of("[ProtocolError] HTTP request failed with 404 (Not Found): <Code>NoSuchBucket</Code>"),
              TroubleKind::no_bucket);
    EXPECT_EQ(kind_of("ERROR: [095]: unable to verify certificate presented by 'sss.pigsty:9000': [20] unable to get "
                      "local issuer certificate"),
              TroubleKind::certificate);
    EXPECT_EQ(kind_of("ERROR: [049]: unable to connect to 'sss.pigsty:9000 (10.10.10.10)': [111] Connection refused"),
              TroubleKind::unreachable);
    EXPECT_EQ(
        kind_of("ERROR: [064]: raised from local-1 protocol: unable to write '/pg/backup/x': [28] No space left on "
                "device"),
        TroubleKind::full);
    EXPECT_EQ(
        kind_of("ERROR: [064]: raised from local-1 protocol: unable to write '/pg/backup/backup/pg-test/x/2617.zst'"),
        TroubleKind::full);
    EXPECT_EQ(kind_of("HTTP request failed with 507: <Code>XMinioStorageFull</Code>"), TroubleKind::full);
    EXPECT_EQ(kind_of("ERROR: [095]: unable to load info file '/pg/backup/archive/pg-test/archive.info' or "
                      "'/pg/backup/archive/pg-test/archive.info.copy':\n       CryptoError: cipher header invalid\n"
                      "       HINT: is or was the repo encrypted?\n       HINT: has a stanza-create been performed?"),
              TroubleKind::other_key);
    EXPECT_EQ(kind_of("ERROR: [028]: backup and archive info files exist but do not match the database\n"
                      "HINT: is this the correct stanza?"),
              TroubleKind::other_cluster);
    EXPECT_EQ(kind_of("ERROR: [055]: unable to load info file '/x/archive.info' or '/x/archive.info.copy':\n"
                      "FileMissingError: unable to open missing file '/x/archive.info' for read\n"
                      "HINT: has a stanza-create been performed?"),
              TroubleKind::no_stanza);
    EXPECT_EQ(kind_of("[PathOpenError] unable to list file info for path '/pg/backup/backup': [13] Permission denied"),
              TroubleKind::unreadable);
    EXPECT_EQ(
        kind_of("ERROR: [050]: unable to acquire lock on file '/pg/tmp/pg-test-backup-1.lock': Resource temporarily "
                "unavailable"),
        TroubleKind::busy);
    EXPECT_EQ(kind_of("ERROR: [082]: WAL segment 000000010000000000000002 was not archived before the 60000ms timeout"),
              TroubleKind::not_archived);
    EXPECT_EQ(kind_of("ERROR: [032]: '0' is out of range for 'process-max' option"), TroubleKind::other);
}

TEST(Trouble, names_whom_to_turn_to) {
    const Trouble refused = trouble_in("SignatureDoesNotMatch", saver_in_minio());
    EXPECT_EQ(refused.message, "the repository refuses the key of saver");
    EXPECT_THAT(refused.hint, HasSubstr("MinIO cluster minio"));
    EXPECT_EQ(trouble_in("NoSuchBucket", saver_in_minio()).message, "the repository has no bucket backups");
    EXPECT_EQ(trouble_in("ERROR: [032]: '0' is out of range for 'process-max' option\nHINT: more", {}).message,
              "'0' is out of range for 'process-max' option");
    const Error error = error_of(trouble_in("cipher header invalid", {}));
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_THAT(error.hint, HasSubstr("another backup.path"));
}

TEST(Trouble, shows_no_bytes_of_the_repository) {
    EXPECT_EQ(printable(std::string_view("a\xff\0b\x1b\tc\n", 8)), "ab\tc\n");
    const Trouble odd = trouble_in(
        "ERROR: [029]: \xde\xad"
        "expected '{' at",
        {});
    EXPECT_EQ(odd.message, "expected '{' at");
}

}  // namespace
}  // namespace pigsty::module::pgsql
