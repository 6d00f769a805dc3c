// What makes backups work in a living cluster, in the order that works: the stanza, then the archive_command (by the dynamic
// configuration), then pgBackRest's own check, then the first full backup. Each looks before it does anything.
#pragma once

#include <functional>

#include "core/converge/step.h"
#include "core/module/pgsql/backup/information.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

enum class Stanzas { of_leader, of_all };
// A repository for all has one, made on the leader; where each member has its own, each needs one before it leads.
Status ensure_stanzas(const PgCluster& cluster, const Members& members, Stanzas which, converge::Site& site,
                      converge::StepContext& context);

// A segment arrives in the repository, and a full backup is there. `anew`: there may be older ones, with a gap in the WAL
// behind them: only one made from here on leads on.
Status prove_backups(const PgCluster& cluster, const Members& members, bool anew, converge::Site& site,
                     converge::StepContext& context);

Error error_of_backup(const PgCluster& cluster, const std::string& member, const Trouble& trouble);
// False where there `is_enough`, which is asked before, and again where another backup was waited for.
Result<bool> make_full_backup(const PgCluster& cluster, const Reached& leader,
                              const std::function<bool(const BackupInformation&)>& is_enough,
                              converge::StepContext& context);

}  // namespace pigsty::module::pgsql
