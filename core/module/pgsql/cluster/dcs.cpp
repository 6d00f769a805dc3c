#include "core/module/pgsql/cluster/dcs.h"

#include <algorithm>
#include <array>
#include <map>

#include "core/base/unknown.h"
#include "core/module/pgsql/backup/files.h"
#include "core/module/pgsql/spec/failover.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {
namespace {

using nlohmann::json;
using render::Yaml;

constexpr auto kShrinksLeaderFirst =
    std::to_array<std::string_view>({"max_connections", "max_locks_per_transaction", "max_prepared_transactions",
                                     "max_wal_senders", "max_worker_processes"});

constexpr const char* kStandbys = "synchronous_node_count";

std::string text_of(const json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
    if (value.is_null()) return {};
    return value.dump();
}

// Of what is no parameter of PostgreSQL: Patroni's own keys.
bool same_value(const json& a, const json& b) {
    if (a.is_object() || b.is_object() || a.is_array() || b.is_array()) return a == b;
    return text_of(a) == text_of(b);
}

// With several hosts and a slot Patroni looks for the one that leads.
Yaml standby_configuration(const PgCluster& cluster) {
    const Standby& standby = *cluster.standby;
    return {{"host", upstream_hosts(standby)},
            {"port", standby.port},
            {"primary_slot_name", standby_slot(cluster.name)},
            {"create_replica_methods", Yaml::array({"basebackup"})},
            // Written where there is none, too: what somebody else sets there is then seen.
            {"recovery_min_apply_delay", standby.delay.value_or("0")}};
}

json plain(const Yaml& tree) { return json::parse(tree.dump()); }

// What is not there holds as Patroni has it: clusters that were made before we wrote it differ in nothing.
json with_patroni_defaults(json configuration) {
    if (configuration.is_object() && !configuration.empty() && !configuration.contains(kStandbys))
        configuration[kStandbys] = 1;
    return configuration;
}

json parameters_of(const json& configuration) {
    const json::json_pointer where("/postgresql/parameters");
    return configuration.is_object() && configuration.contains(where) && configuration.at(where).is_object()
               ? configuration.at(where)
               : json::object();
}
json parameters_of(const Yaml& configuration) { return parameters_of(plain(configuration)); }

json without_parameters(json configuration) {
    const json::json_pointer where("/postgresql/parameters");
    if (configuration.is_object() && configuration.contains(where)) configuration["postgresql"].erase("parameters");
    return configuration;
}

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

// Patroni keeps each spelling of a name by itself, and PostgreSQL takes one of them: ours shall be alone.
json differing_parameters(const json& wanted, const json& live, const json& before, const Settings& settings) {
    json patch = json::object();
    for (const auto& [name, value] : wanted.items()) {
        const auto found = live.find(name);
        if (found == live.end() || !settings.same(name, text_of(*found), text_of(value))) patch[name] = value;
    }
    for (const auto& [name, value] : live.items()) {
        if (wanted.contains(name)) continue;
        const std::string one = settings.name_of(name);
        if (wanted.contains(one) || before.contains(one) || before.contains(name)) patch[name] = nullptr;
    }
    return patch;
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

void describe_parameters(std::vector<std::string>& sentences, const std::string& head, const json& wanted,
                         const json& live, const Settings& settings) {
    const json patch = differing_parameters(wanted, live, json::object(), settings);
    for (const auto& [name, value] : patch.items()) {
        const auto found = live.find(name);
        if (value.is_null())
            sentences.push_back(head + name + " is " + text_of(*found) + ", expected " + settings.name_of(name) +
                                " alone");
        else if (found == live.end())
            sentences.push_back(head + name + " is not set, expected " + text_of(value));
        else
            sentences.push_back(head + name + " is " + text_of(*found) + ", expected " + text_of(value));
    }
}

std::vector<ParameterChange> sorted(std::map<std::string, ParameterChange> changes) {
    std::vector<ParameterChange> list;
    for (auto& [name, change] : changes) list.push_back(std::move(change));
    return list;
}

std::vector<ParameterChange> differing_at_start(const json& before, const json& wanted, const Settings& settings) {
    std::map<std::string, ParameterChange> changes;
    const auto note = [&](const std::string& name) {
        const std::string from = text_of(before.value(name, json()));
        const std::string to = text_of(wanted.value(name, json()));
        if (settings.needs_restart(name) && !settings.same(name, from, to)) changes[name] = {name, from, to};
    };
    for (const auto& [name, value] : before.items()) note(name);
    for (const auto& [name, value] : wanted.items()) note(name);
    return sorted(std::move(changes));
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
    if (cluster.libs) input.libraries = *cluster.libs;
    TRY(auto tuned, render::pg_tune(input));
    if (cluster.backup)
        for (auto& [name, value] : tuned)
            if (name == "archive_command") value = archive_command(cluster);
    if (cluster.standby)
        for (auto& [name, value] : tuned)
            if (name == "wal_receiver_timeout") value = kReceiverTimeout;
    return tuned;
}

Result<Yaml> wanted_configuration(const PgCluster& cluster) {
    TRY(auto parameters, tuned_parameters(cluster));
    render::DynamicConfiguration input{.cluster = cluster.name,
                                       .shard = patroni_scope(cluster),
                                       .group = cluster.citus ? cluster.citus->group : 0,
                                       .version = *cluster.version,
                                       .rto = cluster.rto,
                                       .maximum_lag = failover_of(cluster).maximum_lag,
                                       .synchronous = synchronous_of(cluster),
                                       .parameters = std::move(parameters),
                                       .overrides = configured(cluster.parameters, Settings(cluster.version))};
    Yaml wanted = render::dynamic_configuration(input);
    if (cluster.standby) wanted["standby_cluster"] = standby_configuration(cluster);
    // What is not known while planning stands there as a marker, so that nobody takes the guess for the plan.
    const Synchronous& written = cluster.synchronous;
    if (has_unknown(written.mode)) wanted["synchronous_mode"] = written.mode;
    for (const auto& [number, instance] : cluster.instances)
        if (has_unknown(instance.role) && !written.strict) wanted["synchronous_mode_strict"] = instance.role;
    return wanted;
}

Parameters configured(const Parameters& parameters, const Settings& settings) {
    Parameters result;
    for (const auto& [name, value] : parameters) result[settings.name_of(name)] = settings.for_patroni(name, value);
    return result;
}

Result<std::string> configuration_meaning(const PgCluster& cluster) {
    TRY(const Yaml wanted, wanted_configuration(cluster));
    const Settings settings(cluster.version);
    json tree = plain(wanted);
    if (tree.value(kStandbys, 0) == 1) tree.erase(kStandbys);
    for (auto& [name, value] : tree["postgresql"]["parameters"].items()) value = settings.meaning(name, text_of(value));
    return tree.dump();
}

json configuration_patch(const Yaml& wanted, const json& live, const Yaml& before, const Settings& settings) {
    const json target = without_parameters(plain(wanted));
    json patch = differing(target, with_patroni_defaults(live));
    add_removed(patch, without_parameters(plain(before)), target, live);
    json parameters = differing_parameters(parameters_of(wanted), parameters_of(live), parameters_of(before), settings);
    if (!parameters.empty()) patch["postgresql"]["parameters"] = std::move(parameters);
    return patch;
}

std::vector<std::string> configuration_drift(const std::string& cluster, const Yaml& wanted, const json& live,
                                             const Settings& settings) {
    std::vector<std::string> sentences;
    const std::string head = cluster + " dcs: ";
    describe(sentences, head, without_parameters(plain(wanted)), with_patroni_defaults(live));
    describe_parameters(sentences, head + "postgresql.parameters.", parameters_of(wanted), parameters_of(live),
                        settings);
    return sentences;
}

std::span<const std::string_view> shrink_leader_first() { return kShrinksLeaderFirst; }

std::vector<ParameterChange> restart_changes(const Yaml& before, const Yaml& wanted, const Settings& settings) {
    return differing_at_start(parameters_of(before), parameters_of(wanted), settings);
}

std::vector<ParameterChange> restart_changes(const Parameters& before, const Parameters& wanted,
                                             const Settings& settings) {
    return differing_at_start(json(configured(before, settings)), json(configured(wanted, settings)), settings);
}

std::vector<ParameterChange> with_waiting(std::vector<ParameterChange> changes, const RunsWith& runs_with,
                                          const Yaml& wanted, const Settings& settings) {
    std::map<std::string, ParameterChange> all;
    for (ParameterChange& change : changes) all[change.name] = std::move(change);
    const json parameters = parameters_of(wanted);
    for (const auto& [name, value] : runs_with) {
        const std::string after = text_of(parameters.value(name, json()));
        all.erase(name);
        if (!settings.same(name, value, after)) all[name] = {name, value, after};
    }
    return sorted(std::move(all));
}

std::vector<ParameterChange> patroni_changes(const Yaml& before, const Yaml& wanted) {
    const json from = plain(before);
    const json to = plain(wanted);
    // In the order in which they are written, which is the one in which people read them.
    std::vector<std::string> keys;
    for (const auto& [key, value] : wanted.items()) keys.push_back(key);
    for (const auto& [key, value] : before.items())
        if (!wanted.contains(key)) keys.push_back(key);
    std::vector<ParameterChange> changes;
    for (const std::string& key : keys) {
        const json old_value = from.value(key, json());
        const json new_value = to.value(key, json());
        if (old_value.is_object() || new_value.is_object() || same_value(old_value, new_value)) continue;
        changes.push_back({key, text_of(old_value), text_of(new_value)});
    }
    return changes;
}

bool any_shrinks(const std::vector<ParameterChange>& changes, const Settings& settings) {
    return std::ranges::any_of(changes, [&](const ParameterChange& change) {
        const auto from = settings.number(change.name, change.before);
        const auto to = settings.number(change.name, change.after);
        const bool counts = std::ranges::find(kShrinksLeaderFirst, change.name) != kShrinksLeaderFirst.end();
        return counts && from && to && *to < *from;
    });
}

}  // namespace pigsty::module::pgsql
