// Databases of a cluster, from the wish to the live one: create with its contents, look, change, drop.
//
//     TRY(const std::string id, create_database(*session, database, {.name = "create pg_database app"}, cancel));
//     TRY(const auto live, read_database(*session, database, id, cancel));      // nothing: it is gone
//
// Crash order of a create: the claim says "creating", CREATE DATABASE (which has no transaction), the contents and the
// baseline in one transaction together with a mark that they are in, the limits, pgbouncer's fragments, the claim says
// "ready". Whoever resumes does what is missing; the baseline never runs twice.
//
// What an interrupted DROP left behind (datconnlimit -2) can only be dropped: create and update make it anew.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/module/pgsql/object/sql_object.h"
#include "core/module/pgsql/pool/lists.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

struct DatabaseUpdate {
    const PgDatabase& prior;
    const PgDatabase& planned;
    std::string id;
};

Result<std::string> create_database(ClusterSession& session, const PgDatabase& database, const Operation& operation,
                                    const Cancel& cancel);
// `warnings` (may be null) gets what the state cannot show.
Result<std::optional<Live<PgDatabase>>> read_database(ClusterSession& session, const PgDatabase& given,
                                                      const std::string& id, const Cancel& cancel,
                                                      std::vector<std::string>* warnings = nullptr);
Status update_database(ClusterSession& session, const DatabaseUpdate& update, const Operation& operation,
                       const Cancel& cancel);
// Refused while others are connected, unless `force_disconnect`.
Status drop_database(ClusterSession& session, const PgDatabase& database, const std::string& id,
                     const Operation& operation, const Cancel& cancel);
Result<Imported<PgDatabase>> import_database(ClusterSession& session, const std::string& name, const Cancel& cancel);

// The distributed database of a Citus group: Patroni makes it, create_database() takes it over, drop_database() gives it back.
bool is_database_of_citus(const PgCluster& cluster, const std::string& name);

// The live database in the words of `given`; `contents` null: not looked at, as given. Pure.
PgDatabase seen_database(const PgDatabase& given, const DatabaseState& live, const DatabaseContents* contents);

}  // namespace pigsty::module::pgsql
