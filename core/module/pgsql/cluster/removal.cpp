// Destroying a cluster: stop safely, prove that the data is this cluster's, remove it, forget it in etcd. What items made is
// undone afterwards from the claims.
#include "core/converge/removal.h"

#include "core/base/quote.h"
#include "core/item/shell_parts.h"
#include "core/module/etcd/administration.h"
#include "core/module/pgsql/backup/final_backup.h"
#include "core/module/pgsql/backup/removal.h"
#include "core/module/pgsql/backup/restore_files.h"
#include "core/module/pgsql/cluster/shard.h"
#include "core/module/pgsql/cluster/table.h"
#include "core/module/pgsql/cluster/upstream.h"
#include "core/module/pgsql/pool/fragments.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/platform/platform.h"
#include "core/render/pgbouncer.h"

namespace pigsty::module::pgsql {
namespace {

using converge::Site;
using converge::StepContext;
using converge::When;

// The claim's fact of a create that had not finished when its removal began (core/converge/run_destroy.cpp).
bool was_unfinished(const Site& site) {
    return site.claim && site.claim->facts.is_object() && site.claim->facts.value(converge::kUnfinished, false);
}

// Which cluster the data must be of: what this very member's claim says, what those of the others say, what the state says,
// or, where a create ended before any of them knew, what Patroni wrote down for this cluster when it made the data.
std::string expected_identifier(const Site& site, const PgCluster& cluster, const std::string& stated, const Ways& ways,
                                StepContext& context) {
    if (site.claim)
        if (std::string own = identifier_in(site.claim->facts); !own.empty()) return own;
    if (std::string identifier = known_identifier(context.sites()); !identifier.empty()) return identifier;
    if (!stated.empty() || !ways.connect) return stated;
    const auto etcd = etcd::administrator(cluster.dcs, ways.connect, context.cancel());
    if (!etcd) return {};
    return etcd->value(dcs_prefix(cluster) + "initialize", context.cancel()).value_or("");
}

// Defines `postmaster`: the process of the server that runs in $data. Its own file may be left of one that was killed.
constexpr const char* kOwnPostmaster = R"sh(
postmaster() {
  pid=$(sed -n 1p "$data/postmaster.pid" 2>/dev/null) || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  [ "$(readlink -- "/proc/$pid/cwd" 2>/dev/null)" = "$(readlink -f -- "$data")" ] || return 1
  echo "$pid"
}
)sh";

std::string own_postmaster(const PgCluster& cluster) {
    return "data=" + shell_quote(cluster_folder(cluster) + "/data") + "\n" + kOwnPostmaster;
}

// Replicas stop before the leader: it sends them all that it has, and nobody is promoted meanwhile. Asked of PostgreSQL
// itself, since Patroni may be down. A server whose Patroni was killed or is gone is ended as Patroni would end it.
std::string stop_script(const PgCluster& cluster, bool replicas_only) {
    std::string script = own_postmaster(cluster) + item::stop_unit_function();
    if (replicas_only) {
        script += "in_recovery=$(runuser -u postgres -- psql -XAtq -h /var/run/postgresql -p " +
                  std::to_string(cluster.port) +
                  " -d postgres -c 'SELECT pg_is_in_recovery()' 2>/dev/null || true)\n"
                  "[ \"$in_recovery\" = t ] || exit 0\n";
    }
    return script + "stop_unit " + kPatroniService + R"sh( || exit 1
running=$(postmaster) || exit 0
kill -INT "$running"
left=3000
while postmaster >/dev/null; do
  left=$((left - 1))
  [ "$left" -gt 0 ] || { echo "PostgreSQL in $data (process $running) does not end" >&2; exit 1; }
  sleep 0.2
done
)sh";
}

// Data goes only when its control file says that it is this cluster's (behaviour 3): the file begins with the system
// identifier, so that no package is needed to read it. A member that was never initialised has no such file, or an empty one,
// and nothing to lose. What an unfinished create of ours began before anybody knew an identifier is ours by its claim: it was
// refused where the folder was not empty.
std::string remove_script(const PgCluster& cluster, const std::string& system_identifier, bool is_unfinished) {
    const std::string proof = own_postmaster(cluster) + "expected=" + shell_quote(system_identifier) +
                              "\nunfinished=" + (is_unfinished ? "yes" : "") + "\n" + R"sh(
if postmaster >/dev/null; then
  echo "PostgreSQL still runs in $data" >&2
  exit 1
fi
found=
if [ -s "$data/global/pg_control" ]; then
  found=$(od -An -tu8 -N8 -- "$data/global/pg_control" | tr -d ' ') || exit 1
fi
if [ -n "$found" ] && [ -z "$expected" ] && [ -z "$unfinished" ]; then
  echo "$data holds a PostgreSQL cluster, and neither a claim, nor the state, nor etcd says which system identifier it must have: look at it, remove it by hand, and try again" >&2
  exit 1
fi
if [ -n "$found" ] && [ -n "$expected" ] && [ "$found" != "$expected" ]; then
  echo "expected the data of the cluster with system identifier $expected in $data, found $found" >&2
  exit 1
fi
)sh";
    std::vector<std::string> paths;
    // data.failed is where Patroni puts what it could not start with.
    for (const char* part : {"data", "data.failed", "conf", "cert", "log", "tmp", "spool", "backup"})
        paths.push_back(cluster_folder(cluster) + "/" + part);
    return converge::removal_script(
               {.units = {}, .proof = proof, .paths = std::move(paths), .secrets = secret_scope(cluster)}) +
           remove_local_repository_script(cluster) +
           // Verifiers outlive a pgbouncer that was disabled. The lists are ours where the fragments are: those go last.
           "if [ -d " + kFragmentFolder + " ]; then\n  rm -f -- " + render::kPgbouncerUserlist + " " +
           render::kPgbouncerDatabases + " " + render::kPgbouncerUserOptions + "\n  rm -rf -- " + kFragmentFolder +
           "\nfi\n";
}

}  // namespace

converge::Table removal_of(const PgCluster& cluster, const std::string& system_identifier, const Ways& ways) {
    converge::TableBuilder table;
    if (cluster.backup && cluster.final_backup)
        table.act("final backup", When::always, final_backup(cluster, ways.connect)).while_in_use();
    // While it lives Citus says whether it needs the group; what Patroni of the coordinator registers meanwhile goes afterwards.
    const bool is_worker = cluster.citus && !is_coordinator(cluster);
    const auto leave = [cluster, ways](Leaving leaving) {
        return [cluster, ways, leaving](Site& site, StepContext& context) {
            return leave_shard(cluster, ways, leaving, site, context);
        };
    };
    if (is_worker) table.act("leaving the shard", When::always, leave(Leaving::alive));
    table.act("stop replicas", When::always, converge::run(stop_script(cluster, true))).on_each();
    table.act("stop leader", When::always, converge::run(stop_script(cluster, false))).on_each();
    if (is_worker) table.act("forgotten by the shard", When::always, leave(Leaving::stopped));
    // Of a create that was interrupted there.
    if (cluster.restore_from)
        table
            .act("restore", When::always,
                 [cluster](Site& site, StepContext& context) {
                     const auto& platform = platform::platform_at(site.node);
                     return converge::run(end_restore_script(platform.bin_dir(cluster.version.value_or(0))))(site,
                                                                                                             context);
                 })
            .on_each();
    if (cluster.backup && is_remote(*cluster.backup)) table.act("backups", When::always, remove_stanza(cluster));
    table
        .act("remove data", When::always,
             [cluster, system_identifier, ways](Site& site, StepContext& context) {
                 const std::string expected = expected_identifier(site, cluster, system_identifier, ways, context);
                 return converge::run(remove_script(cluster, expected, was_unfinished(site)))(site, context);
             })
        .on_each();
    if (cluster.standby)
        table.act("leaving the upstream", When::always,
                  [cluster, ways](Site&, StepContext& context) { return leave_upstream(cluster, ways, context); });
    table.act("etcd user", When::always, [cluster, ways](Site&, StepContext& context) -> Status {
        auto etcd = etcd::administrator(cluster.dcs, ways.connect, context.cancel());
        if (!etcd) {
            // The etcd cluster may be gone already; its keys of this cluster are then gone too.
            context.warn("etcd cluster " + cluster.dcs.name + " does not answer: the user " + cluster.name +
                         " and the keys below " + dcs_prefix(cluster) + " stay there");
            return {};
        }
        return etcd->remove_user(cluster.name, dcs_prefix(cluster), context.cancel());
    });
    return table.done();
}

}  // namespace pigsty::module::pgsql
