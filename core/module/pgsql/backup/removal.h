// What of backups goes with the cluster.
#pragma once

#include <string>

#include "core/converge/table.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// sh, once a member is stopped: its own repository. The one in the cluster's folder goes with that.
std::string remove_local_repository_script(const PgCluster& cluster);
// What lies in MinIO, encrypted with a key that goes with the members: nobody could read it any more. What is not encrypted, or
// with a key of the user's own, stays, and is said: the final backup with its label, where one was made.
converge::Act remove_stanza(const PgCluster& cluster);

}  // namespace pigsty::module::pgsql
