// The secrets of a repository: the key of its user in MinIO, which is carried from one of MinIO's nodes to the members in our
// memory alone, or the one that is given for a store of others; and the key that backups are encrypted with, made on the first
// member where the user gives none. All stay with the members' other secrets, root only.
#pragma once

#include <string>

#include "core/converge/step.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// Of a repository in MinIO: from the first of MinIO's nodes that can tell; where none does, why. Of another store: as given.
Result<Secret> repository_key(const Backup& backup, const node::Connect& connect, const Cancel& cancel);
// Whether there are any.
bool has_backup_keys(const Backup& backup);
// Makes and copies what a member lacks. `before`: null on create. `renew`: the repository's user may have another key by now.
//
// A key that the user gives must be the one that the members have, where the repository stays: what it holds was written with it.
// Each version is kept by itself, so that a change that did not come to its end can be taken back.
Status keep_backup_keys(const PgCluster& cluster, const PgCluster* before, const node::Connect& connect, bool renew,
                        converge::StepContext& context);
// A member's configuration holds them, and does not look another one with other keys: what comes next writes it anew.
Status forget_configuration(converge::Site& site, converge::StepContext& context);

}  // namespace pigsty::module::pgsql
