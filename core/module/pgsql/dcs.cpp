#include "core/module/pgsql/dcs.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/render/patroni.h"

namespace pigsty::module::pgsql {
namespace {

using nlohmann::json;
using render::Yaml;

// PostgreSQL's "Server Configuration": parameters that "can only be set at server start".
constexpr auto kPostmaster = std::to_array<std::string_view>({
    "allow_alter_system",
    "archive_mode",
    "autovacuum_freeze_max_age",
    "autovacuum_max_workers",
    "autovacuum_multixact_freeze_max_age",
    "autovacuum_worker_slots",
    "bonjour",
    "bonjour_name",
    "cluster_name",
    "commit_timestamp_buffers",
    "config_file",
    "data_directory",
    "debug_io_direct",
    "dynamic_shared_memory_type",
    "event_source",
    "external_pid_file",
    "hba_file",
    "hot_standby",
    "huge_page_size",
    "huge_pages",
    "ident_file",
    "io_max_combine_limit",
    "io_max_concurrency",
    "io_method",
    "jit_provider",
    "listen_addresses",
    "logging_collector",
    "max_active_replication_origins",
    "max_connections",
    "max_files_per_process",
    "max_locks_per_transaction",
    "max_logical_replication_workers",
    "max_notify_queue_pages",
    "max_pred_locks_per_transaction",
    "max_prepared_transactions",
    "max_replication_slots",
    "max_wal_senders",
    "max_worker_processes",
    "min_dynamic_shared_memory",
    "multixact_member_buffers",
    "multixact_offset_buffers",
    "notify_buffers",
    "old_snapshot_threshold",
    "pg_stat_statements.max",
    "port",
    "recovery_target",
    "recovery_target_action",
    "recovery_target_inclusive",
    "recovery_target_lsn",
    "recovery_target_name",
    "recovery_target_time",
    "recovery_target_timeline",
    "recovery_target_xid",
    "reserved_connections",
    "serializable_buffers",
    "shared_buffers",
    "shared_memory_type",
    "shared_preload_libraries",
    "subtransaction_buffers",
    "summarize_wal",
    "superuser_reserved_connections",
    "track_activity_query_size",
    "track_commit_timestamp",
    "transaction_buffers",
    "unix_socket_directories",
    "unix_socket_group",
    "unix_socket_permissions",
    "wal_buffers",
    "wal_decode_buffer_size",
    "wal_level",
    "wal_log_hints",
});

constexpr auto kShrinksLeaderFirst =
    std::to_array<std::string_view>({"max_connections", "max_locks_per_transaction", "max_prepared_transactions",
                                     "max_wal_senders", "max_worker_processes"});

std::string text_of(const json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
    if (value.is_null()) return {};
    return value.dump();
}

// "true", "yes" and "on" are one; numbers and texts are compared as people write them.
bool same_value(const json& a, const json& b) {
    if (a.is_object() || b.is_object() || a.is_array() || b.is_array()) return a == b;
    const auto meaning = [](const json& value) {
        std::string text = text_of(value);
        std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (text == "true" || text == "yes") return std::string("on");
        if (text == "false" || text == "no") return std::string("off");
        return text;
    };
    return text_of(a) == text_of(b) || meaning(a) == meaning(b);
}

json plain(const Yaml& tree) { return json::parse(tree.dump()); }

// What of `wanted` differs in `live`, as a merge patch.
json differing(const json& wanted, const json& live) {
    json patch = json::object();
    for (const auto& [key, value] : wanted.items()) {
        const auto found = live.is_object() ? live.find(key) : live.end();
        const bool there = live.is_object() && found != live.end();
        if (value.is_object()) {
            json inner = differing(value, there ? *found : json::object());
            if (!inner.empty()) patch[key] = std::move(inner);
        } else if (!there || !same_value(value, *found)) {
            patch[key] = value;
        }
    }
    return patch;
}

// Leaves of `before` that `wanted` no longer has and `live` still does.
void add_removed(json& patch, const json& before, const json& wanted, const json& live) {
    for (const auto& [key, value] : before.items()) {
        if (!live.is_object() || !live.contains(key)) continue;
        const bool kept = wanted.is_object() && wanted.contains(key);
        if (value.is_object() && kept) {
            json inner = patch.value(key, json::object());
            add_removed(inner, value, wanted.at(key), live.at(key));
            if (!inner.empty()) patch[key] = std::move(inner);
        } else if (!kept) {
            patch[key] = nullptr;
        }
    }
}

void describe(std::vector<std::string>& sentences, const std::string& head, const json& wanted, const json& live) {
    for (const auto& [key, value] : wanted.items()) {
        const bool there = live.is_object() && live.contains(key);
        if (value.is_object()) {
            describe(sentences, head + key + ".", value, there ? live.at(key) : json::object());
        } else if (!there) {
            sentences.push_back(head + key + " is not set, expected " + text_of(value));
        } else if (!same_value(value, live.at(key))) {
            sentences.push_back(head + key + " is " + text_of(live.at(key)) + ", expected " + text_of(value));
        }
    }
}

json parameters_of(const Yaml& configuration) {
    const json tree = plain(configuration);
    const json::json_pointer where("/postgresql/parameters");
    return tree.contains(where) ? tree.at(where) : json::object();
}

std::vector<ParameterChange> differing_at_start(const json& before, const json& wanted) {
    std::map<std::string, ParameterChange> changes;
    const auto note = [&](const std::string& name) {
        const json from = before.value(name, json());
        const json to = wanted.value(name, json());
        if (needs_restart(name) && !same_value(from, to)) changes[name] = {name, text_of(from), text_of(to)};
    };
    for (const auto& [name, value] : before.items()) note(name);
    for (const auto& [name, value] : wanted.items()) note(name);
    std::vector<ParameterChange> sorted;
    for (auto& [name, change] : changes) sorted.push_back(std::move(change));
    return sorted;
}

}  // namespace

Result<render::PgParameters> tuned_parameters(const PgCluster& cluster) {
    if (!cluster.sizing || !cluster.version)
        return fail(ErrorCode::internal, "sizing and version of " + cluster.name + " are not decided");
    render::TuneInput input{.template_name = cluster.template_name,
                            .revision = cluster.template_revision.value_or(render::kTemplateRevision),
                            .sizing = *cluster.sizing,
                            .version = *cluster.version,
                            .max_connections = cluster.max_connections,
                            .pooled = cluster.pgbouncer.enabled && cluster.default_service_dest == "pgbouncer"};
    return render::pg_tune(input);
}

Result<Yaml> wanted_configuration(const PgCluster& cluster) {
    TRY(auto parameters, tuned_parameters(cluster));
    render::DynamicConfiguration input{.cluster = cluster.name,
                                       .version = *cluster.version,
                                       .template_name = cluster.template_name,
                                       .parameters = std::move(parameters),
                                       .overrides = cluster.parameters};
    for (const auto& [number, instance] : cluster.instances)
        if (instance.role != "offline" && !instance.nofailover) ++input.may_lead;
    return render::dynamic_configuration(input);
}

json configuration_patch(const Yaml& wanted, const json& live, const Yaml& before) {
    const json target = plain(wanted);
    json patch = differing(target, live);
    add_removed(patch, plain(before), target, live);
    return patch;
}

std::vector<std::string> configuration_drift(const std::string& cluster, const Yaml& wanted, const json& live) {
    std::vector<std::string> sentences;
    describe(sentences, cluster + " dcs: ", plain(wanted), live);
    return sentences;
}

bool needs_restart(std::string_view parameter) {
    return std::ranges::find(kPostmaster, parameter) != kPostmaster.end();
}

bool shrinks_leader_first(std::string_view parameter) {
    return std::ranges::find(kShrinksLeaderFirst, parameter) != kShrinksLeaderFirst.end();
}

std::vector<ParameterChange> restart_changes(const Yaml& before, const Yaml& wanted) {
    return differing_at_start(parameters_of(before), parameters_of(wanted));
}

std::vector<ParameterChange> restart_changes(const Parameters& before, const Parameters& wanted) {
    return differing_at_start(json(before), json(wanted));
}

bool any_shrinks(const std::vector<ParameterChange>& changes) {
    const auto number = [](const std::string& text) {
        long long value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    return std::ranges::any_of(changes, [&](const ParameterChange& change) {
        return shrinks_leader_first(change.name) && !change.before.empty() && !change.after.empty() &&
               number(change.after) < number(change.before);
    });
}

}  // namespace pigsty::module::pgsql
