// The secrets of a repository: the key of its user in MinIO, which is carried from one of MinIO's nodes to the members in our
// memory alone, and the key that backups are encrypted with, made on the first member. Both stay with the members' other
// secrets, root only.
#pragma once

#include <string>

#include "core/converge/step.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// Of a repository in MinIO: from the first of MinIO's nodes that can tell; where none does, why.
Result<Secret> repository_key(const Backup& backup, const node::Connect& connect, const Cancel& cancel);
// Whether there are any.
bool has_backup_keys(const Backup& backup);
// Makes and copies what a member lacks. `renew`: MinIO's user may have another key by now.
Status keep_backup_keys(const PgCluster& cluster, const node::Connect& connect, bool renew,
                        converge::StepContext& context);
// A member's configuration holds them, and does not look another one with other keys: what comes next writes it anew.
Status forget_configuration(converge::Site& site, converge::StepContext& context);

}  // namespace pigsty::module::pgsql
