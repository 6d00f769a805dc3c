// Destroying a cluster: stop safely, prove that the data is this cluster's, remove it, forget it in etcd. What items made is
// undone afterwards from the claims.
#include "core/base/quote.h"
#include "core/module/etcd/administration.h"
#include "core/module/pgsql/fragments.h"
#include "core/module/pgsql/layout.h"
#include "core/module/pgsql/table.h"
#include "core/module/platform/platform.h"
#include "core/render/pgbouncer.h"

namespace pigsty::module::pgsql {
namespace {

using converge::Site;
using converge::Spread;
using converge::Step;
using converge::StepContext;

Status run_script(Site& site, StepContext& context, std::string script) {
    TRY_VOID(context.request(site, {node::RunScript{.text = std::move(script), .stall = std::chrono::seconds(180)}}));
    return {};
}

// Replicas stop before the leader: it sends them all that it has, and nobody is promoted meanwhile. Asked of PostgreSQL
// itself, since Patroni may be down.
std::string stop_script(std::int64_t port, bool replicas_only) {
    std::string script = "in_recovery=$(runuser -u postgres -- psql -XAtq -h /var/run/postgresql -p " +
                         std::to_string(port) + " -d postgres -c 'SELECT pg_is_in_recovery()' 2>/dev/null || true)\n";
    if (replicas_only) script += "[ \"$in_recovery\" = t ] || exit 0\n";
    return script + "systemctl disable --now patroni.service >/dev/null 2>&1 || systemctl stop patroni.service\n";
}

// Which cluster the data must be of: what the members' claims say, what the state says, or, where a create ended before any
// of them knew, what Patroni wrote down for this cluster when it made the data.
std::string expected_identifier(const PgCluster& cluster, const std::string& stated, const Ways& ways,
                                StepContext& context) {
    if (std::string identifier = known_identifier(context.sites()); !identifier.empty()) return identifier;
    if (!stated.empty() || !ways.connect) return stated;
    const auto etcd = etcd::administrator(cluster.dcs, ways.connect, context.cancel());
    if (!etcd) return {};
    return etcd->value(dcs_prefix(cluster) + "initialize", context.cancel()).value_or("");
}

// Data goes only when the control file says that it is this cluster's (behaviour 3). A member that was never initialised has
// no control file, and nothing to lose.
std::string remove_script(const PgCluster& cluster, const std::string& system_identifier, const std::string& bin_dir) {
    const std::string folder = shell_quote(cluster_folder(cluster));
    return "set -e\nfolder=" + folder + "\nexpected=" + shell_quote(system_identifier) + R"sh(
if [ -e "$folder/data/postmaster.pid" ]; then
  echo "PostgreSQL still runs in $folder/data" >&2
  exit 1
fi
if [ -e "$folder/data/global/pg_control" ]; then
  if [ -z "$expected" ]; then
    echo "$folder/data holds a PostgreSQL cluster, and neither a claim, nor the state, nor etcd says which system identifier it must have: look at it, remove it by hand, and try again" >&2
    exit 1
  fi
  found=$(LC_ALL=C )sh" +
           shell_quote(bin_dir + "/pg_controldata") +
           R"sh( "$folder/data" | sed -n 's/^Database system identifier: *//p')
  if [ "$found" != "$expected" ]; then
    echo "expected the data of the cluster with system identifier $expected in $folder/data, found $found" >&2
    exit 1
  fi
fi
for part in data data.failed conf cert log tmp spool; do rm -rf -- "${folder:?}/$part"; done
rm -rf -- )sh" +
           shell_quote("/var/lib/pigsty/secrets/" + secret_scope(cluster)) +
           // Verifiers outlive a pgbouncer that was disabled. The lists are ours where the fragments are: those go last.
           "\nif [ -d " + kFragmentFolder + " ]; then\n  rm -f -- " + render::kPgbouncerUserlist + " " +
           render::kPgbouncerDatabases + " " + render::kPgbouncerUserOptions + "\n  rm -rf -- " + kFragmentFolder +
           "\nfi\n";
}

}  // namespace

converge::Table removal_of(const PgCluster& cluster, const std::string& system_identifier, const Ways& ways) {
    const auto shared = std::make_shared<const PgCluster>(cluster);
    converge::Table table;
    const auto act = [&table](const char* name, Spread spread, std::function<Status(Site&, StepContext&)> body) {
        Step step;
        step.name = name;
        step.spread = spread;
        step.act_when = converge::When::always;
        step.act = std::move(body);
        table.push_back(std::move(step));
    };
    act("stop replicas", Spread::parallel, [shared](Site& site, StepContext& context) {
        return run_script(site, context, stop_script(shared->port, true));
    });
    act("stop leader", Spread::parallel, [shared](Site& site, StepContext& context) {
        return run_script(site, context, stop_script(shared->port, false));
    });
    act("remove data", Spread::parallel, [shared, system_identifier, ways](Site& site, StepContext& context) {
        const std::string bin_dir = platform::platform_at(site.node).bin_dir(shared->version.value_or(0));
        const std::string expected = expected_identifier(*shared, system_identifier, ways, context);
        return run_script(site, context, remove_script(*shared, expected, bin_dir));
    });
    act("etcd user", Spread::once, [shared, ways](Site&, StepContext& context) -> Status {
        auto etcd = etcd::administrator(shared->dcs, ways.connect, context.cancel());
        if (!etcd) {
            // The etcd cluster may be gone already; its keys of this cluster are then gone too.
            context.warn("etcd cluster " + shared->dcs.name + " does not answer: the user " + shared->name +
                         " and the keys below " + dcs_prefix(*shared) + " stay there");
            return {};
        }
        return etcd->remove_user(shared->name, dcs_prefix(*shared), context.cancel());
    });
    return table;
}

}  // namespace pigsty::module::pgsql
