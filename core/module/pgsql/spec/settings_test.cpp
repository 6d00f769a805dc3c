#include "core/module/pgsql/spec/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pigsty::module::pgsql {
namespace {

std::string refused(std::string_view name, std::string_view value, std::int64_t version = 17) {
    const auto refusal = Settings(version).refusal(name, value);
    return refusal ? refusal->message : "";
}
std::string hint(std::string_view name, std::string_view value, std::int64_t version = 17) {
    const auto refusal = Settings(version).refusal(name, value);
    return refusal ? refusal->hint : "";
}

TEST(Settings, know_no_case_in_names_and_spell_them_as_postgresql_does) {
    const Settings settings(17);
    EXPECT_EQ(settings.name_of("Work_Mem"), "work_mem");
    EXPECT_EQ(settings.name_of("TIMEZONE"), "TimeZone");
    EXPECT_EQ(settings.name_of("Cron.Database_Name"), "cron.database_name");
}

TEST(Settings, read_numbers_as_postgresql_does) {
    const Settings settings(17);
    for (const char* hundred : {"100", "1e2", "0x64", "0144", " 100", "100.4", "1.0E+2"})
        EXPECT_EQ(settings.number("max_connections", hundred), 100) << hundred;
    for (const char* size : {"512MB", "512 MB", "524288kB", "0.5GB", "536870912B", "65536", "\t65536 "})
        EXPECT_EQ(settings.number("shared_buffers", size), 65536) << size;
    EXPECT_EQ(settings.number("deadlock_timeout", "50"), 50);
    EXPECT_EQ(settings.number("deadlock_timeout", "0.05s"), 50);
    EXPECT_EQ(settings.number("checkpoint_timeout", "15min"), 900);
    EXPECT_EQ(settings.number("log_rotation_age", "1d"), 1440);
    EXPECT_EQ(settings.number("random_page_cost", "1.1"), 1.1);
    for (const char* none : {"", "x", "4 monkeys", "1MB MB", "1mb", "nan", "1 0"})
        EXPECT_EQ(settings.number("shared_buffers", none), std::nullopt) << none;
    EXPECT_EQ(settings.number("max_connections", "10kB"), std::nullopt) << "a number without a unit";
}

TEST(Settings, see_no_change_where_postgresql_sees_none) {
    const Settings settings(17);
    EXPECT_TRUE(settings.same("shared_buffers", "512MB", "524288kB"));
    EXPECT_TRUE(settings.same("Shared_Buffers", "512MB", "0x10000"));
    EXPECT_TRUE(settings.same("autovacuum", "no", "0"));
    EXPECT_TRUE(settings.same("autovacuum", "T", "yes"));
    EXPECT_TRUE(settings.same("autovacuum", "of", "off"));
    EXPECT_TRUE(settings.same("wal_level", "LOGICAL", "logical"));
    EXPECT_TRUE(settings.same("wal_level", "hot_standby", "replica"));
    EXPECT_TRUE(settings.same("huge_pages", "true", "on"));
    EXPECT_TRUE(settings.same("wal_compression", "1", "pglz"));
    EXPECT_TRUE(settings.same("pg_stat_statements.track_utility", "no", "off"));
    EXPECT_FALSE(settings.same("autovacuum", "on", "off"));
    EXPECT_FALSE(settings.same("work_mem", "64", "64MB"));
    EXPECT_FALSE(settings.same("shared_preload_libraries", "a,b", "a, b")) << "PostgreSQL compares the text";
    EXPECT_FALSE(settings.same("other.size", "512MB", "524288kB")) << "text, where nobody knows better";
}

TEST(Settings, are_written_so_that_patroni_understands_them) {
    const Settings settings(17);
    EXPECT_EQ(settings.for_patroni("autovacuum", "t"), "on");
    EXPECT_EQ(settings.for_patroni("max_wal_senders", "0x64"), "100");
    EXPECT_EQ(settings.for_patroni("wal_keep_size", "1GB"), "1024MB");
    EXPECT_EQ(settings.for_patroni("shared_buffers", "1GB"), "1GB");
    EXPECT_EQ(settings.for_patroni("huge_pages", "try"), "try");
    EXPECT_EQ(settings.for_patroni("client_min_messages", "debug"), "debug2");
}

TEST(Settings, refuse_names_that_this_postgresql_does_not_know) {
    EXPECT_EQ(refused("work_memm", "8MB"), "PostgreSQL has no setting \"work_memm\"");
    EXPECT_EQ(hint("work_memm", "8MB"), "did you mean work_mem?");
    EXPECT_EQ(refused("include", "x.conf"), "PostgreSQL has no setting \"include\"");
    EXPECT_EQ(refused("vacuum_defer_cleanup_age", "1", 17),
              "PostgreSQL 17 has no setting vacuum_defer_cleanup_age any more");
    EXPECT_EQ(hint("vacuum_defer_cleanup_age", "1", 17), "PostgreSQL up to 15 has it; remove it here");
    EXPECT_EQ(refused("vacuum_defer_cleanup_age", "1", 15), "");
    EXPECT_EQ(refused("io_method", "worker", 17), "") << "a minor version may bring it: the server decides";
    EXPECT_EQ(refused("pg_stat_statement.max", "1000"), "") << "an extension's, for all we know";
    EXPECT_EQ(refused("block_size", "8192"),
              "block_size cannot be set: it tells how the server was built or initialised");
    EXPECT_EQ(refused("transaction_read_only", "on"), "transaction_read_only cannot be set in a configuration file");
    EXPECT_FALSE(Settings(std::nullopt).refusal("vacuum_defer_cleanup_age", "1")) << "some version has it";
    EXPECT_TRUE(Settings(std::nullopt).refusal("work_memm", "1"));
}

TEST(Settings, refuse_values_of_another_kind_unit_or_range) {
    EXPECT_EQ(refused("work_mem", "everything"),
              "expected an integer with one of the units B, kB, MB, GB or TB (kB where there is none), found "
              "\"everything\"");
    EXPECT_EQ(refused("work_mem", "4 monkeys").substr(0, 30), "expected an integer with one o");
    EXPECT_EQ(refused("work_mem", "1"), "expected 64kB to 2147483647kB, found \"1\"");
    EXPECT_EQ(refused("autovacuum", "maybe"), "expected on or off, found \"maybe\"");
    EXPECT_EQ(refused("autovacuum", "o"), "expected on or off, found \"o\"");
    EXPECT_EQ(refused("checkpoint_timeout", "9d"), "expected 30s to 86400s, found \"9d\"");
    EXPECT_EQ(refused("wal_compression", "gzip"), "expected pglz, lz4, zstd, on or off, found \"gzip\"");
    EXPECT_EQ(refused("wal_compression", "lz4", 13), "expected on or off, found \"lz4\"");
    EXPECT_EQ(refused("maintenance_work_mem", "64kB", 15), "expected 1024kB to 2147483647kB, found \"64kB\"");
    EXPECT_EQ(refused("maintenance_work_mem", "64kB", 17), "");
    EXPECT_EQ(refused("max_connections", "10kB"), "expected an integer, found \"10kB\"");
    EXPECT_EQ(refused("pg_stat_statements.max", "99"), "expected 100 to 1073741823, found \"99\"");
    EXPECT_EQ(refused("archive_command", "anything at all"), "");
}

TEST(Settings, refuse_what_patroni_would_replace) {
    EXPECT_EQ(refused("max_wal_senders", "2"), "expected 3 or more, found \"2\"");
    EXPECT_EQ(refused("max_wal_senders", "3"), "");
    EXPECT_EQ(refused("max_worker_processes", "1"), "expected 2 or more, found \"1\"");
    EXPECT_EQ(refused("max_replication_slots", "3"), "expected 4 or more, found \"3\"");
    EXPECT_EQ(refused("max_locks_per_transaction", "0x1f"), "expected 32 or more, found \"0x1f\"");
    EXPECT_EQ(refused("max_prepared_transactions", "-1"), "expected 0 to 262143, found \"-1\"");
    EXPECT_EQ(refused("wal_keep_size", "15MB"), "expected 16MB or more, found \"15MB\"");
    EXPECT_EQ(refused("wal_keep_size", "0.25GB"), "");
    EXPECT_EQ(refused("wal_level", "Minimal"), "expected replica or logical, found \"Minimal\"");
    EXPECT_EQ(refused("wal_log_hints", "f"), "expected on, found \"f\"");
    EXPECT_EQ(refused("track_commit_timestamp", "t"), "");
}

TEST(Settings, of_extensions_come_from_the_server) {
    const Settings settings(17, R"([{"name": "cron.use_background_workers", "type": "bool", "unit": null, "least": null,
        "most": null, "values": null, "context": "postmaster"},
       {"name": "my.size", "type": "integer", "unit": "kB", "least": "64", "most": "128", "values": null,
        "context": "sighup"}])");
    EXPECT_TRUE(settings.needs_restart("Cron.use_background_workers"));
    EXPECT_FALSE(settings.needs_restart("my.size"));
    EXPECT_TRUE(settings.same("my.size", "0.0625MB", "64"));
    EXPECT_EQ(settings.refusal("my.size", "1MB")->message, "expected 64kB to 128kB, found \"1MB\"");
    EXPECT_TRUE(Settings(17).needs_restart("pg_prewarm.autoprewarm")) << "of contrib, without a server";
    EXPECT_FALSE(Settings(17, "no JSON").needs_restart("cron.use_background_workers"));
}

TEST(Settings, context_follows_the_version) {
    EXPECT_TRUE(Settings(17).needs_restart("autovacuum_max_workers"));
    EXPECT_FALSE(Settings(18).needs_restart("autovacuum_max_workers"));
    EXPECT_TRUE(Settings(13).needs_restart("restore_command"));
    EXPECT_FALSE(Settings(14).needs_restart("restore_command"));
}

}  // namespace
}  // namespace pigsty::module::pgsql
