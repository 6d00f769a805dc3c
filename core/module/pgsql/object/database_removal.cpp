// Databases leave: out of pgbouncer's lists first, then dropped where nobody is connected, or everybody's session ended.
#include <spdlog/fmt/fmt.h>

#include "core/base/quote.h"
#include "core/module/pgsql/object/database.h"
#include "core/module/pgsql/object/database_sql.h"
#include "core/module/pgsql/object/object_claim.h"
#include "core/module/pgsql/object/object_identity.h"

namespace pigsty::module::pgsql {
namespace {

using Work = ClusterSession::Work;

// pgbouncer ends its connections to a database that left its list, and our own take a moment to go.
constexpr auto kLetGo = std::chrono::seconds(5);

std::string sessions_query(Oid oid) {
    return "SELECT coalesce(string_agg(DISTINCT coalesce(usename, '?') || ' from ' || coalesce(host(client_addr), "
           "'this node') || "
           "CASE WHEN application_name = '' THEN '' ELSE ' (' || application_name || ')' END, ', '), '') "
           "FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' AND datid = " +
           std::to_string(oid);
}

Status drop(Work& work, const PgDatabase& database, const std::string& id, const Operation& operation) {
    TRY(Catalog* const catalog, claimed_catalog(work));
    const Standing standing = standing_of(*catalog, kDatabaseKind, database.name, id);
    // Citus and Patroni go on in it; it goes with its cluster.
    const bool stays = is_database_of_citus(work.cluster(), standing.name);
    if (stays) {
        note(operation, "the database \"" + standing.name + "\" stays in " + work.cluster().name +
                            " until the cluster goes: it is Citus's");
    } else if (!standing.name.empty()) {
        TRY_VOID(prove_ours(work, *catalog, kDatabaseKind, database.name, standing));
        if (standing.name != database.name) note(operation, dropped_elsewhere(kDatabaseKind, standing));
        const DatabaseState live = *catalog->database(standing.name);
        work.leave(standing.name);
        work.forget_contents(standing.name);
        const Cancel bound = work.cancel().within_at_most(kLetGo);
        while (!database.force_disconnect && !live.is_half_dropped) {
            TRY(const std::string others, work.ask(kDatabase, sessions_query(live.oid)));
            if (others.empty()) break;
            if (bound.pause(std::chrono::milliseconds(200))) continue;
            TRY_VOID(work.cancel().check("waiting until nobody is connected to " + standing.name));
            return fail(
                Error{.code = ErrorCode::conflict,
                      .message = fmt::format("the database \"{}\" cannot be dropped while others are connected: {}",
                                             standing.name, others)}
                    .with_hint("end these sessions, or set force_disconnect = true and apply that first"));
        }
        // DROP DATABASE knows names alone: looked at once more, with the turn to write already ours.
        TRY_VOID(work.run_alone(same_object_statement(kDatabaseKind, standing.name, live.oid)));
        TRY_VOID(work.run_alone(drop_database_statement(standing.name, database.force_disconnect)));
        catalog->databases.erase(standing.name);
    } else if (standing.has_namesake) {
        note(operation, namesake_warning(work.cluster(), kDatabaseKind, database.name));
    }
    const ObjectClaim ours{.kind = kDatabaseKind, .name = database.name, .id = id, .state = kReady};
    TRY_VOID(work.run(kDatabase, drop_claim_statements(*catalog, ours)));
    forget_claim(*catalog, ours);
    return {};
}

}  // namespace

Status drop_database(ClusterSession& session, const PgDatabase& database, const std::string& id,
                     const Operation& operation, const Cancel& cancel) {
    bool others = false;
    TRY_VOID(session.look(
        [&](Work& work) -> Status {
            TRY(const Catalog* const catalog, work.catalog());
            const Standing standing = standing_of(*catalog, kDatabaseKind, database.name, id);
            others = standing.name.empty() && standing.has_namesake;
            return {};
        },
        cancel));
    // pgbouncer's own connections keep it in use, and new clients must not come. Another one's place there is not ours.
    const bool leaves_list = database.pgbouncer && !others;
    if (leaves_list) TRY_VOID(put_fragments(session, no_fragments_of(database), operation, cancel));
    const Status dropped = session.change([&](Work& work) { return drop(work, database, id, operation); }, cancel);
    if (!dropped && leaves_list) {  // it is still there, so clients come in as before
        TRY(const Fragments fragments, fragments_of(database, session.cluster()));
        TRY_VOID(put_fragments(session, fragments, operation, cancel));
    }
    return dropped;
}

}  // namespace pigsty::module::pgsql
