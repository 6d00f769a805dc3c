// A new cluster out of a backup: what the first member does before its Patroni starts for the first time (restore_files.h
// says how, and why so). The source is read, never written to.
#pragma once

#include <string>

#include "core/converge/step.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/node/node.h"

namespace pigsty::module::pgsql {

// Looks first: a member that has data is left as it is, where they were made out of this very backup. What cannot work is
// refused before any data are made.
Status restore_cluster(const PgCluster& cluster, const std::string& bin_dir, const node::Connect& connect,
                       converge::Site& site, converge::StepContext& context);

}  // namespace pigsty::module::pgsql
