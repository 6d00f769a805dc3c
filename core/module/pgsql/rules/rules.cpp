#include "core/module/pgsql/rules/rules.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/module/pgsql/spec/constraints.h"
#include "core/render/hba.h"
#include "core/render/patroni.h"
#include "core/render/pg_tune.h"

namespace pigsty::module::pgsql {
namespace {

void check_cluster_name(const PgCluster& cluster, Problems& problems) {
    const std::string& name = cluster.name;
    if (has_unknown(name)) return;
    if (!kClusterName.holds(name)) {
        problems.add("name", expected(kClusterName, name), "for example pg-test");
        return;
    }
    if (name == "root") problems.add("name", "\"root\" is etcd's own user", "choose another name");
    for (const auto& [key, instance] : cluster.instances)
        if (is_member_key(key) && member_name(cluster, key).size() > 63) {
            problems.add("name", fmt::format("\"{}\" is longer than 63 bytes", member_name(cluster, key)),
                         "it names a replication slot, a host and a certificate: choose a shorter name");
            break;
        }
}

void check_primary(const PgCluster& cluster, Problems& problems) {
    std::optional<std::string> primary;
    bool all_known = true;
    for (const auto& [key, instance] : cluster.instances) {
        if (has_unknown(instance.role)) all_known = false;
        if (instance.role != "primary") continue;
        if (primary)
            problems.add(
                entry("instances", key) + ".role",
                fmt::format("expected one primary, found a second: {} is the first", entry("instances", *primary)),
                "it says where the cluster is initialised; the others are replica or offline");
        else
            primary = key;
    }
    if (!primary && all_known)
        problems.add("instances", "expected one instance with role = \"primary\", found none",
                     "it says where the cluster is initialised; later the leader is whoever Patroni elects");
}

void check_instances(const PgCluster& cluster, Problems& problems) {
    std::map<std::string, std::string> addresses;
    for (const auto& [key, instance] : cluster.instances) {
        const std::string path = entry("instances", key);
        if (!is_member_key(key))
            problems.add(path, fmt::format("expected a number as the key, found \"{}\"", key),
                         "members are numbered: 1, 2, 3; the number stays with its machine");
        problems.check_choice(path + ".role", instance.role, choices(kInstanceRoles));
        problems.check_range(path + ".weight", instance.weight, kWeights);
        if (instance.role == "primary" && instance.nofailover)
            problems.add(path + ".nofailover", "the primary cannot be one that never leads",
                         "choose another instance as primary");

        const std::string& address = instance.node.address;
        if (has_unknown(address)) continue;
        if (!kIpv4Address.holds(address))
            problems.add(
                path + ".address", expected(kIpv4Address, address),
                "the address that the members use among each other, whose servers listen on IPv4 only; SSH may "
                "go elsewhere (ssh.host)");
        const auto [first, is_new] = addresses.emplace(address, key);
        if (!is_new)
            problems.add(path + ".address",
                         fmt::format("{} is the address of {}, too", address, entry("instances", first->second)),
                         "each instance has a machine of its own");
    }
}

void check_storage(const PgCluster& cluster, Problems& problems) {
    problems.check_encoding("encoding", cluster.encoding);
    problems.check_locale("locale", cluster.locale);
    problems.check_locale("lc_collate", cluster.lc_collate);
    problems.check_locale("lc_ctype", cluster.lc_ctype);
    if (cluster.template_name == "crit" && !cluster.checksum)
        problems.add("checksum", "template crit has checksums in any case",
                     "leave checksum out, or take another template");
    const std::string& dir = cluster.data_dir;
    if (has_unknown(dir)) return;
    if (!kDataFolder.holds(dir))
        problems.add("data_dir", expected(kDataFolder, dir), "for example /data/postgres");
    else if (dir == "/pg" || dir.starts_with("/pg/"))
        problems.add("data_dir", fmt::format("expected an absolute path outside /pg, found \"{}\"", dir),
                     "for example /data/postgres; /pg becomes a link into it");
}

void check_default_objects(const PgCluster& cluster, Problems& problems) {
    check_default_roles(cluster, problems);
    for (std::size_t i = 0; cluster.default_schemas && i < cluster.default_schemas->size(); ++i)
        problems.check_schema_name(entry("default_schemas", i), (*cluster.default_schemas)[i]);
    if (cluster.default_schemas) check_unique(problems, "default_schemas", *cluster.default_schemas);
    std::vector<std::string> names;
    for (std::size_t i = 0; cluster.default_extensions && i < cluster.default_extensions->size(); ++i) {
        names.push_back((*cluster.default_extensions)[i].name);
        problems.check_sql_name(entry("default_extensions", i) + ".name", names.back());
    }
    check_unique(problems, "default_extensions", names, "name");
}

void check_choices(const PgCluster& cluster, Problems& problems) {
    problems.check_choice("template", cluster.template_name, choices(kTemplates));
    problems.check_choice("restart", cluster.restart, choices(kRestarts));
    if (cluster.version) problems.check_range("version", *cluster.version, kVersions);
    if (cluster.template_revision)
        problems.check_range("template_revision", *cluster.template_revision, 1, render::kTemplateRevision);
    if (cluster.max_connections) problems.check_range("max_connections", *cluster.max_connections, kConnections);
    if (cluster.sizing) {
        problems.check_range("sizing.cpu", cluster.sizing->cpu, 1, 4096);
        problems.check_range("sizing.memory_mb", cluster.sizing->memory_mb, 256, std::int64_t{1} << 30);
        problems.check_range("sizing.disk_gb", cluster.sizing->disk_gb, 1, std::int64_t{1} << 24);
    }
}

}  // namespace

std::vector<Problem> problems_of(const PgCluster& cluster) {
    Problems problems;
    check_cluster_name(cluster, problems);
    check_instances(cluster, problems);
    check_primary(cluster, problems);
    check_standbys(cluster, Settings(cluster.version), problems);
    check_choices(cluster, problems);
    check_settings(cluster, Settings(cluster.version), problems);
    check_libraries(cluster, problems);
    check_citus(cluster, Settings(cluster.version), problems);
    check_storage(cluster, problems);
    check_network(cluster, problems);
    check_failover(cluster, problems);
    check_reach(cluster, problems);
    check_backup(cluster, problems);
    check_standby_cluster(cluster, Settings(cluster.version), problems);
    check_restore(cluster, problems);
    check_default_objects(cluster, problems);
    return problems.take();
}

}  // namespace pigsty::module::pgsql
