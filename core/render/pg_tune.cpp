#include "core/render/pg_tune.h"

#include <algorithm>
#include <array>

namespace pigsty::render {
namespace {

// Arithmetic in whole numbers: the same everywhere, and ceil(0.25 x) has no rounding of its own.
std::int64_t part_up(std::int64_t value, std::int64_t numerator, std::int64_t denominator) {
    return (value * numerator + denominator - 1) / denominator;
}
std::int64_t part_down(std::int64_t value, std::int64_t numerator, std::int64_t denominator) {
    return value * numerator / denominator;
}

enum class Kind { oltp, olap, crit, tiny };

constexpr std::array<std::pair<std::string_view, Kind>, 4> kTemplates{
    {{"oltp", Kind::oltp}, {"olap", Kind::olap}, {"crit", Kind::crit}, {"tiny", Kind::tiny}}};

std::optional<Kind> kind_of(std::string_view name) {
    for (const auto& [known, kind] : kTemplates)
        if (known == name) return kind;
    return std::nullopt;
}

// One template being written down: the sections below are in the order of the result.
class Tuning {
  public:
    Tuning(const TuneInput& input, Kind kind) : input_(input), kind_(kind) {}

    PgParameters take() {
        connections();
        memory();
        workers();
        wal();
        replication();
        planner();
        logging();
        statistics();
        vacuum();
        clients();
        libraries();
        return std::move(parameters_);
    }

  private:
    [[nodiscard]] bool olap() const { return kind_ == Kind::olap; }
    [[nodiscard]] bool crit() const { return kind_ == Kind::crit; }
    [[nodiscard]] bool tiny() const { return kind_ == Kind::tiny; }
    [[nodiscard]] bool since(std::int64_t version) const { return input_.version >= version; }
    [[nodiscard]] bool preloads(std::string_view library) const {
        return std::find(input_.libraries.begin(), input_.libraries.end(), library) != input_.libraries.end();
    }

    void set(std::string name, std::string value) { parameters_.emplace_back(std::move(name), std::move(value)); }
    void set(std::string name, std::int64_t value, std::string_view unit = {}) {
        set(std::move(name), std::to_string(value).append(unit));
    }

    [[nodiscard]] std::int64_t cpu() const { return input_.sizing.cpu; }
    [[nodiscard]] std::int64_t buffers_mb() const { return part_up(input_.sizing.memory_mb, 1, 4); }
    // The scale of everything that lives on disk: one for each 20 GiB, up to 100.
    [[nodiscard]] std::int64_t disk_scale() const {
        return std::clamp<std::int64_t>(part_up(input_.sizing.disk_gb, 1, 20), 1, 100);
    }
    [[nodiscard]] std::int64_t max_connections() const {
        if (input_.max_connections) return *input_.max_connections;
        if (tiny()) return 250;
        if (olap()) return 500;
        return input_.pooled ? 500 : 1000;
    }
    [[nodiscard]] std::int64_t worker_base() const {
        if (olap()) return std::max<std::int64_t>(cpu() + 12, 20);
        if (tiny()) return std::max<std::int64_t>(cpu() + 4, 12);
        return std::max<std::int64_t>(cpu() + 8, 16);
    }

    void connections() {
        const bool chunked = preloads("citus") || preloads("timescaledb");
        set("max_connections", max_connections());
        set("superuser_reserved_connections", 10);
        set("max_locks_per_transaction", max_connections() * (olap() ? 2 : 1) * (chunked ? 2 : 1));
        set("max_prepared_transactions", preloads("citus") ? max_connections() : 0);
        set("track_commit_timestamp", "on");
        set("password_encryption", "scram-sha-256");
    }

    void memory() {
        const std::int64_t sb = buffers_mb();
        const std::int64_t share = sb / std::max<std::int64_t>(max_connections(), 1);
        const std::int64_t least = tiny() ? 16 : 64;
        const std::int64_t most = tiny() ? 256 : olap() ? 8192 : 1024;
        set("shared_buffers", sb, "MB");
        set("maintenance_work_mem", part_up(sb, olap() ? 2 : 1, 4), "MB");
        set("work_mem", std::clamp(share, least, most), "MB");
        set("hash_mem_multiplier", "8.0");
        set("effective_cache_size", input_.sizing.memory_mb - sb, "MB");
        set("huge_pages", "try");
        set("temp_file_limit",
            olap() ? std::min<std::int64_t>(4 * disk_scale(), 2000) : std::min<std::int64_t>(disk_scale(), 200), "GB");
    }

    void workers() {
        const std::int64_t least_maintenance = tiny() ? 1 : 2;
        set("max_worker_processes", worker_base() + 8);
        set("max_parallel_workers", olap()   ? std::max<std::int64_t>(part_up(cpu(), 8, 10), 2)
                                    : tiny() ? std::max<std::int64_t>(part_down(cpu(), 1, 2), 1)
                                             : std::max<std::int64_t>(part_up(cpu(), 1, 2), 2));
        set("max_parallel_workers_per_gather",
            crit() || tiny() ? 0
            : olap()         ? std::max<std::int64_t>(part_down(cpu(), 1, 2), 2)
                             : std::min<std::int64_t>(std::max<std::int64_t>(part_down(cpu(), 1, 5), 2), 8));
        set("max_parallel_maintenance_workers",
            std::max<std::int64_t>(tiny() ? part_down(cpu(), 33, 100) : part_up(cpu(), 33, 100), least_maintenance));
        if (!olap() && !tiny()) {
            set("parallel_setup_cost", "2000");
            set("parallel_tuple_cost", "0.2");
            set("min_parallel_table_scan_size", "32MB");
            set("min_parallel_index_scan_size", "2MB");
        }
        if (since(18)) {
            set("io_method", "worker");
            set("io_workers", tiny()   ? 3
                              : olap() ? std::clamp<std::int64_t>(part_up(cpu(), 1, 2), 4, 32)
                                       : std::clamp<std::int64_t>(part_up(cpu(), 1, 4), 4, crit() ? 8 : 16));
            set("file_copy_method", "clone");
        }
    }

    void wal() {
        set("wal_level", "logical");
        set("wal_log_hints", "on");
        if (since(15)) set("wal_compression", "lz4");
        set("wal_buffers", "16MB");
        set("wal_writer_delay", crit() ? "10ms" : "20ms");
        set("wal_writer_flush_after", crit() ? "0" : "1MB");
        set("commit_delay", 20);
        set("commit_siblings", 10);
        set("checkpoint_timeout", "15min");
        set("checkpoint_completion_target", "0.95");
        set("min_wal_size", std::min<std::int64_t>(disk_scale(), 200), "GB");
        set("max_wal_size", std::min<std::int64_t>(4 * disk_scale(), 2000), "GB");
        set("max_slot_wal_keep_size", std::min<std::int64_t>(6 * disk_scale(), 3000), "GB");
        // On from the start, into nowhere: switching archive_mode on later would be a restart.
        set("archive_mode", "on");
        set("archive_timeout", "300");
        set("archive_command", "/bin/true");
    }

    void replication() {
        set("max_wal_senders", 50);
        set("max_replication_slots", 50);
        set("output_plugin_libraries", "pgoutput, test_decoding, wal2json");
        if (since(17)) set("sync_replication_slots", "on");
        if (since(18)) set("idle_replication_slot_timeout", crit() ? "3d" : "7d");
        if (crit() && !since(16)) set("vacuum_defer_cleanup_age", "500000");
        set("hot_standby_feedback", "on");
        set("max_standby_archive_delay", "10min");
        set("max_standby_streaming_delay", "3min");
        set("wal_receiver_status_interval", "1s");
        set("wal_receiver_timeout", "60s");
        set("max_logical_replication_workers", 8);
        set("max_sync_workers_per_subscription", 6);
    }

    void planner() {
        set("random_page_cost", "1.1");
        set("effective_io_concurrency", 200);
        set("maintenance_io_concurrency", 100);
        set("default_statistics_target", olap() ? 1000 : tiny() ? 200 : 400);
        set("enable_partitionwise_join", olap() ? "on" : "off");
        set("enable_partitionwise_aggregate", olap() ? "on" : "off");
        set("bgwriter_delay", "10ms");
        set("bgwriter_lru_maxpages", 800);
        set("bgwriter_lru_multiplier", "5.0");
    }

    void logging() {
        set("log_destination", "csvlog");
        set("logging_collector", "on");
        set("log_filename", "postgresql-%a.log");
        set("log_file_mode", "0640");
        set("log_rotation_age", "1d");
        set("log_rotation_size", "0");
        set("log_truncate_on_rotation", "on");
        set("log_timezone", "UTC");
        set("log_checkpoints", "on");
        set("log_lock_waits", "on");
        set("log_replication_commands", "on");
        set("log_temp_files", "1024");
        set("log_statement", "ddl");
        set("log_min_duration_statement", olap() ? "1000" : "100");
        if (crit()) {
            set("log_connections", since(18) ? "receipt,authentication,authorization" : "on");
            set("log_disconnections", "on");
        } else if (since(18) && !tiny()) {
            set("log_connections", "authorization");
        }
        if (since(18) && !olap() && !tiny()) set("log_lock_failures", "on");
        set("log_autovacuum_min_duration", "1s");
    }

    void statistics() {
        set("track_io_timing", "on");
        set("track_functions", "all");
        set("track_activity_query_size", crit() ? 32768 : 8192);
        if (since(18) && (crit() || olap())) set("track_cost_delay_timing", "on");
    }

    void vacuum() {
        set("autovacuum_max_workers", tiny() ? 2 : 3);
        set("autovacuum_naptime", "1min");
        set("autovacuum_vacuum_threshold", olap() ? 1000 : 500);
        set("autovacuum_analyze_threshold", olap() ? 500 : 250);
        if (!tiny()) {
            set("autovacuum_vacuum_scale_factor", "0.08");
            set("autovacuum_analyze_scale_factor", "0.04");
        }
        set("autovacuum_vacuum_cost_delay", "-1");
        set("autovacuum_vacuum_cost_limit", "-1");
        set("autovacuum_freeze_max_age", 1000000000);
        set("vacuum_cost_delay", olap() ? "10ms" : "20ms");
        set("vacuum_cost_limit", olap() ? 10000 : 2000);
    }

    void clients() {
        set("deadlock_timeout", "50ms");
        set("idle_in_transaction_session_timeout", olap() ? "0" : crit() ? "1min" : "10min");
    }

    void libraries() {
        std::string list;
        for (const std::string& library : input_.libraries) list += (list.empty() ? "" : ", ") + library;
        set("shared_preload_libraries", list);
        if (preloads("auto_explain")) {
            set("auto_explain.log_min_duration", "1s");
            set("auto_explain.log_analyze", "on");
            set("auto_explain.log_verbose", "on");
            set("auto_explain.log_timing", "on");
            set("auto_explain.log_nested_statements", "on");
        }
        if (preloads("pg_stat_statements")) {
            set("pg_stat_statements.max", tiny() ? 2500 : 10000);
            set("pg_stat_statements.track", "all");
            set("pg_stat_statements.track_utility", "off");
            set("pg_stat_statements.track_planning", "off");
        }
        if (preloads("pg_wait_sampling")) {
            set("pg_wait_sampling.profile_pid", "off");
            set("pg_wait_sampling.profile_queries", "all");
            set("pg_wait_sampling.history_size", 100000);
        }
        if (preloads("timescaledb")) {
            set("timescaledb.telemetry_level", "off");
            set("timescaledb.max_background_workers", worker_base());
        }
        if (preloads("pg_cron")) set("cron.database_name", "postgres");
        if (preloads("pg_duckdb") && !crit()) set("duckdb.allow_community_extensions", "on");
    }

    const TuneInput& input_;
    Kind kind_;
    PgParameters parameters_;
};

}  // namespace

bool is_template(std::string_view name) { return kind_of(name).has_value(); }

Result<PgParameters> pg_tune(const TuneInput& input) {
    const auto kind = kind_of(input.template_name);
    if (!kind)
        return fail(Error{.code = ErrorCode::invalid, .message = "there is no template \"" + input.template_name + "\""}
                        .with_hint("templates are oltp, olap, crit and tiny"));
    if (input.revision != kTemplateRevision)
        return fail(Error{.code = ErrorCode::unsupported,
                          .message = "template revision " + std::to_string(input.revision) + " is not known here"}
                        .with_hint("a newer version of the provider made this cluster: use that version or newer"));
    const Sizing& sizing = input.sizing;
    if (sizing.cpu < 1 || sizing.memory_mb < 1 || sizing.disk_gb < 1)
        return fail(ErrorCode::invalid, "sizing: cpu, memory_mb and disk_gb must be at least 1, found " +
                                            std::to_string(sizing.cpu) + ", " + std::to_string(sizing.memory_mb) +
                                            " and " + std::to_string(sizing.disk_gb));
    return Tuning(input, *kind).take();
}

std::optional<std::string> parameter(const PgParameters& parameters, std::string_view name) {
    for (const auto& [key, value] : parameters)
        if (key == name) return value;
    return std::nullopt;
}

}  // namespace pigsty::render
