// Where things of a PostgreSQL cluster are on its nodes. /pg leads to the cluster's own folder below data_dir, so that
// scripts and habits find everything in one place (reference 8.2).
#pragma once

#include <string>
#include <vector>

#include "core/base/quote.h"
#include "core/client/postgres.h"
#include "core/converge/step.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {

// The claim's kind.
inline constexpr const char* kKind = "pg_cluster";
inline constexpr const char* kLink = "/pg";
inline constexpr const char* kDataDir = "/pg/data";
inline constexpr const char* kPatroniService = "patroni.service";
inline constexpr const char* kPgbouncerService = "pgbouncer.service";

// Where Patroni, and the PostgreSQL that it starts, say what is wrong: neither says it to the journal.
inline std::vector<std::string> patroni_logs() { return {render::kPatroniLogDir, render::kPostgresLogDir}; }

// The version must be decided. "/data/postgres/pg-test-17"
inline std::string cluster_folder(const PgCluster& cluster) {
    return cluster.data_dir + "/" + cluster.name + "-" + std::to_string(cluster.version.value_or(0));
}
// "/pg/conf/pg-test-1.yml"
inline std::string patroni_file(const PgCluster& cluster, std::string_view number) {
    return "/pg/conf/" + member_name(cluster, number) + ".yml";
}
// sh, for root on a member: SQL as the superuser on that member's own socket. A "-c 'SQL'" follows.
inline std::string local_psql(std::int64_t port) {
    return "runuser -u postgres -- env PGCLIENTENCODING=UTF8 PGOPTIONS=" + shell_quote(client::session_options(0)) +
           " psql -XAtq -v ON_ERROR_STOP=1 -h /var/run/postgresql -p " + std::to_string(port) + " -d postgres";
}
// Of the secrets on the nodes; names of clusters of other kinds may be equal.
inline std::string secret_scope(const PgCluster& cluster) { return "pg-" + cluster.name; }
// What Patroni calls the cluster; all groups of a shard have one.
inline const std::string& patroni_scope(const PgCluster& cluster) {
    return cluster.citus ? cluster.citus->shard : cluster.name;
}
// Keys of all groups in the DCS, of a cluster without groups its own.
inline std::string dcs_scope_prefix(const PgCluster& cluster) {
    return cluster.patroni.dcs_namespace + "/" + patroni_scope(cluster) + "/";
}
inline std::string dcs_group_prefix(const PgCluster& cluster, std::int64_t group) {
    return dcs_scope_prefix(cluster) + std::to_string(group) + "/";
}
// Keys of the cluster in the DCS begin with this.
inline std::string dcs_prefix(const PgCluster& cluster) {
    return cluster.citus ? dcs_group_prefix(cluster, cluster.citus->group) : dcs_scope_prefix(cluster);
}
inline bool is_coordinator(const PgCluster& cluster) {
    return cluster.citus && cluster.citus->group == kCoordinatorGroup;
}

std::vector<converge::Member> members_of(const PgCluster& cluster);
// For ClusterSession while the cluster has no id yet.
Connection connection_of(const PgCluster& cluster, const std::string& id);

}  // namespace pigsty::module::pgsql
