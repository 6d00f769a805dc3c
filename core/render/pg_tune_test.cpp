#include "core/render/pg_tune.h"

#include "core/render/golden.h"

namespace pigsty::render {
namespace {

std::string lines(const PgParameters& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) text += name + " = " + value + "\n";
    return text;
}

PgParameters tuned(const TuneInput& input) {
    auto result = pg_tune(input);
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return result.value_or(PgParameters{});
}

TEST(PgTune, writes_each_template_for_a_small_and_a_large_machine) {
    for (const char* name : {"oltp", "olap", "crit", "tiny"}) {
        EXPECT_GOLDEN(std::string("tune-") + name + "-2c-2g.txt",
                      lines(tuned({.template_name = name, .sizing = {2, 2048, 20}, .version = 17})));
        EXPECT_GOLDEN(std::string("tune-") + name + "-64c-256g-pg18.txt",
                      lines(tuned({.template_name = name, .sizing = {64, 262144, 4000}, .version = 18})));
    }
}

TEST(PgTune, leaves_out_what_the_server_does_not_know) {
    const PgParameters old = tuned({.sizing = {2, 2048, 20}, .version = 14});
    EXPECT_FALSE(parameter(old, "wal_compression"));
    EXPECT_FALSE(parameter(old, "sync_replication_slots"));
    EXPECT_FALSE(parameter(old, "io_workers"));
    const PgParameters crit = tuned({.template_name = "crit", .sizing = {2, 2048, 20}, .version = 15});
    EXPECT_EQ(parameter(crit, "vacuum_defer_cleanup_age"), "500000");
    EXPECT_FALSE(parameter(tuned({.template_name = "crit", .sizing = {2, 2048, 20}, .version = 16}),
                           "vacuum_defer_cleanup_age"));
}

TEST(PgTune, follows_max_connections) {
    const PgParameters parameters = tuned({.sizing = {8, 65536, 100}, .max_connections = 100});
    EXPECT_EQ(parameter(parameters, "max_connections"), "100");
    EXPECT_EQ(parameter(parameters, "work_mem"), "163MB");  // 16 GB of buffers over 100 connections
    EXPECT_EQ(parameter(parameters, "max_locks_per_transaction"), "100");
    EXPECT_EQ(parameter(tuned({.sizing = {8, 65536, 100}, .pooled = false}), "max_connections"), "1000");
}

TEST(PgTune, makes_room_for_citus_and_timescaledb) {
    const PgParameters parameters =
        tuned({.sizing = {2, 2048, 20}, .libraries = {"citus", "timescaledb", "pg_stat_statements"}});
    EXPECT_EQ(parameter(parameters, "max_locks_per_transaction"), "1000");
    EXPECT_EQ(parameter(parameters, "max_prepared_transactions"), "500");
    EXPECT_EQ(parameter(parameters, "shared_preload_libraries"), "citus, timescaledb, pg_stat_statements");
    EXPECT_EQ(parameter(parameters, "timescaledb.max_background_workers"), "16");
    EXPECT_FALSE(parameter(parameters, "auto_explain.log_analyze"));
}

TEST(PgTune, refuses_what_it_does_not_know) {
    const auto unknown = pg_tune({.template_name = "fast", .sizing = {2, 2048, 20}});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().message, "there is no template \"fast\"");
    EXPECT_EQ(unknown.error().hint, "templates are oltp, olap, crit and tiny");
    EXPECT_EQ(pg_tune({.revision = 99, .sizing = {2, 2048, 20}}).error().message,
              "template revision 99 is not known here");
    EXPECT_EQ(pg_tune({.sizing = {2, 0, 20}}).error().message,
              "sizing: cpu, memory_mb and disk_gb must be at least 1, found 2, 0 and 20");
}

TEST(Sizing, is_rounded_down_so_that_an_update_of_the_kernel_changes_nothing) {
    EXPECT_EQ(rounded({2, 3933, 48}), (Sizing{2, 3840, 40}));
    EXPECT_EQ(rounded({1, 200, 7}), (Sizing{1, 256, 10}));
}

}  // namespace
}  // namespace pigsty::render
