// `mode`, `citus`, and `dbsu_password`: what a group needs to be one, and what Patroni sets there itself.
#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/given_password.h"
#include "core/base/unknown.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/render/scram.h"

namespace pigsty::module::pgsql {
namespace {

// Where a text in double quotes, a line and a connection string hold it as it is.
bool is_plain(const Secret& password) {
    return std::ranges::all_of(password.reveal(),
                               [](char c) { return c > ' ' && c < '\x7f' && !std::string_view("\"'\\").contains(c); });
}

void check_dbsu_password(const std::string& path, const std::optional<Secret>& password, Problems& problems) {
    if (!password || is_unknown_password(password) || has_unknown(password->reveal())) return;
    if (render::looks_like_verifier(password->reveal()))
        problems.add(path, "expected the password itself, found what PostgreSQL stores of one",
                     "groups and tools log in with it, and nobody can log in with a verifier");
    else if (!is_plain(*password))
        problems.add(path, "expected visible ASCII characters without quotes, backslashes and blanks",
                     "it stands in files and connection strings as it is");
}

void check_place(const Citus& citus, Problems& problems) {
    if (!has_unknown(citus.shard) && !kClusterName.holds(citus.shard))
        problems.add("citus.shard", expected(kClusterName, citus.shard),
                     "for example pg-citus, the same in all groups");
    problems.check_range("citus.group", citus.group, kGroups);
    if (!problems.check_sql_name("citus.database", citus.database)) return;
    static constexpr std::array<std::string_view, 3> kTaken{"postgres", "template0", "template1"};
    if (std::ranges::find(kTaken, std::string_view(citus.database)) != kTaken.end())
        problems.add("citus.database", fmt::format("\"{}\" is PostgreSQL's own", citus.database),
                     "choose a database for the distributed tables, for example meta");
}

void check_preload(const PgCluster& cluster, Problems& problems) {
    const char* const hint = "for example libs = [\"citus\", \"pg_stat_statements\", \"auto_explain\"]";
    const auto at =
        cluster.libs ? std::ranges::find(*cluster.libs, kCitus) : std::vector<std::string>::const_iterator();
    if (!cluster.libs || at == cluster.libs->end()) {
        const bool may_come =
            cluster.libs && std::ranges::any_of(*cluster.libs, [](const auto& name) { return has_unknown(name); });
        if (!may_come) problems.add("libs", "expected citus as the first library, found none", hint);
    } else if (at != cluster.libs->begin()) {
        problems.add("libs", fmt::format("expected citus first, found it behind {}", cluster.libs->front()), hint);
    }
}

// What Patroni would replace, so that what the plan says would not be.
void check_forced(const PgCluster& cluster, const Settings& settings, Problems& problems) {
    for (const auto& [name, value] : cluster.parameters) {
        if (has_unknown(name) || has_unknown(value)) continue;
        const std::string key = setting_key(name);
        if (key == "wal_level" && !settings.same(name, value, "logical"))
            problems.add(entry("parameters", name), fmt::format("expected logical, found {}", value),
                         "Patroni sets it in a Citus group: leave it out");
        if (key == "max_prepared_transactions" && settings.same(name, value, "0"))
            problems.add(entry("parameters", name), "expected more than 0: Citus commits in two phases",
                         "leave it out for as many as max_connections");
        if (key == "citus.local_hostname")
            problems.add(entry("parameters", name), "citus.local_hostname is set by Patroni", "remove it here");
    }
}

}  // namespace

void check_citus(const PgCluster& cluster, const Settings& settings, Problems& problems) {
    problems.check_choice("mode", cluster.mode, choices(kModes));
    check_dbsu_password("dbsu_password", cluster.dbsu_password, problems);
    check_dbsu_password("dbsu_password_wo", cluster.dbsu_password_wo, problems);
    if (has_unknown(cluster.mode)) return;
    if (cluster.mode != kCitus) {
        if (cluster.citus)
            problems.add("citus", fmt::format("says nothing while mode = \"{}\"", cluster.mode),
                         "set mode = \"citus\", or leave it out");
        return;
    }
    check_preload(cluster, problems);
    check_forced(cluster, settings, problems);
    if (cluster.citus)
        check_place(*cluster.citus, problems);
    else
        problems.add("citus", "expected shard, group and database, since mode is \"citus\"",
                     "for example { shard = \"pg-citus\", group = 0, database = \"meta\" }");
    if (!cluster.dbsu_password && !cluster.dbsu_password_wo)
        problems.add(
            "dbsu_password", "expected the password with which the groups of a shard log in to each other",
            "the same in all groups, as dbsu_password or dbsu_password_wo; this version has no way for them to "
            "log in by certificate");
    if (cluster.standby)
        problems.add("standby", "a Citus group follows no other cluster", "keep one of mode = \"citus\" and standby");
    if (cluster.restore_from)
        problems.add("restore_from", "this version restores no Citus group: what one was says nothing about the others",
                     "keep one of mode = \"citus\" and restore_from");
}

}  // namespace pigsty::module::pgsql
