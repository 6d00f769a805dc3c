// What every database of a cluster starts with: roles, privileges, schemas, extensions (reference 8.5). Made in template1,
// from which new databases are copied, and in postgres.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

std::vector<std::string> default_privileges_of(const PgCluster& cluster);

// Keys of `managed` and what they stand for: "pg-test role dbrole_readonly", "pg-test default privileges", …
std::map<std::string, std::string> default_object_texts(const PgCluster& cluster);

// Closes the gap; sends nothing where there is none. Answers whether it sent anything. `before`: the specification that was
// applied last; null on create.
Result<bool> ensure_default_objects(const PgCluster& cluster, const PgCluster* before, ClusterSession::Work& work);
// "pg-test default roles: needs ALTER ROLE …": what ensure_default_objects would do, as sentences for the drift list.
Result<std::vector<std::string>> default_object_drift(const PgCluster& cluster, ClusterSession::Work& work);

}  // namespace pigsty::module::pgsql
