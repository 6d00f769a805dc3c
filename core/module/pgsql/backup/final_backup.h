// `final_backup`: a full backup that a destroy makes before it touches anything. The repository keeps it, and all others of the
// cluster, and the claims its label until they go.
//
//     table.act("final backup", When::always, final_backup(cluster, ways.connect)).while_in_use();
//     if (const std::string label = final_backup_label(context.sites()); !label.empty()) …
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/converge/table.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/node/node.h"

namespace pigsty::module::pgsql {

// Its error says that nothing was touched, and how to do without.
converge::Act final_backup(const PgCluster& cluster, const node::Connect& connect);
// Empty where none was made.
std::string final_backup_label(const std::vector<std::shared_ptr<converge::Site>>& sites);

}  // namespace pigsty::module::pgsql
