// Destroying a cluster: stop safely, prove that the data is this cluster's, remove it, forget it in etcd. What items made is
// undone afterwards from the claims.
#include "core/base/quote.h"
#include "core/item/shell_parts.h"
#include "core/module/etcd/administration.h"
#include "core/module/pgsql/fragments.h"
#include "core/module/pgsql/layout.h"
#include "core/module/pgsql/table.h"
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

std::string functions_of(const PgCluster& cluster) {
    return "folder=" + shell_quote(cluster_folder(cluster)) + "\ndata=$folder/data\n" + kOwnPostmaster +
           item::stop_unit_function();
}

// Replicas stop before the leader: it sends them all that it has, and nobody is promoted meanwhile. Asked of PostgreSQL
// itself, since Patroni may be down. A server whose Patroni was killed or is gone is ended as Patroni would end it.
std::string stop_script(const PgCluster& cluster, bool replicas_only) {
    std::string script = functions_of(cluster);
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
    return functions_of(cluster) + "expected=" + shell_quote(system_identifier) +
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
# data.failed is where Patroni puts what it could not start with.
for part in data data.failed conf cert log tmp spool; do rm -rf -- "${folder:?}/$part" || exit 1; done
rm -rf -- )sh" +
           shell_quote("/var/lib/pigsty/secrets/" + secret_scope(cluster)) +
           // Verifiers outlive a pgbouncer that was disabled. The lists are ours where the fragments are: those go last.
           " || exit 1\nif [ -d " + kFragmentFolder + " ]; then\n  rm -f -- " + render::kPgbouncerUserlist + " " +
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
    act("stop replicas", Spread::parallel,
        [shared](Site& site, StepContext& context) { return run_script(site, context, stop_script(*shared, true)); });
    act("stop leader", Spread::parallel,
        [shared](Site& site, StepContext& context) { return run_script(site, context, stop_script(*shared, false)); });
    act("remove data", Spread::parallel, [shared, system_identifier, ways](Site& site, StepContext& context) {
        const std::string expected = expected_identifier(site, *shared, system_identifier, ways, context);
        return run_script(site, context, remove_script(*shared, expected, was_unfinished(site)));
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
