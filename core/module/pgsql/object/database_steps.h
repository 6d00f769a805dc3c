// What creating and changing a database is made of, in the order of database.h. Each corrects the snapshot with what it wrote.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/module/pgsql/session/catalog.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// Whose it is, as its claim says.
struct DatabaseOwner {
    std::string id;
    std::string handover{};  // the run that makes it
};

// The claim says "creating".
Status claim_unfinished(ClusterSession::Work& work, Catalog& catalog, const PgDatabase& database,
                        const DatabaseOwner& owner);
// CREATE DATABASE, and the claim that knows its number.
Status make_database(ClusterSession::Work& work, Catalog& catalog, const PgDatabase& database,
                     const DatabaseOwner& owner);
// Inside the database: schemas, extensions, privileges, and the baseline where it is to run and is not in yet.
Status fill_database(ClusterSession::Work& work, Catalog& catalog, const PgDatabase& database, bool with_baseline);
// Owner, limits, comment, privileges.
Status settle_database(ClusterSession::Work& work, Catalog& catalog, const PgDatabase& database);
// The last transaction: who may connect, and the claim that says "ready".
Status finish_database(ClusterSession::Work& work, const PgDatabase& database, const DatabaseOwner& owner);
// What an interrupted DROP left of ours goes.
Status finish_drop(ClusterSession::Work& work, Catalog& catalog, const std::string& name);

}  // namespace pigsty::module::pgsql
