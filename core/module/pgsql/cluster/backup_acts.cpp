// Acts of `backup` and `restore_from`.
#include "core/module/pgsql/backup/keys.h"
#include "core/module/pgsql/backup/look.h"
#include "core/module/pgsql/backup/restore.h"
#include "core/module/pgsql/backup/steps.h"
#include "core/module/pgsql/cluster/acts.h"
#include "core/module/platform/platform.h"

namespace pigsty::module::pgsql {

using converge::Site;
using converge::StepContext;

Status keep_keys(const Making& making, Site&, StepContext& context) {
    return keep_backup_keys(making.cluster, making.changes.before.get(), making.ways->connect,
                            making.changes.backups.renew_key, context);
}

// Before Patroni starts for the first time, and before etcd hears of the cluster.
Status restore(const Making& making, Site& site, StepContext& context) {
    const std::string bin_dir = platform::platform_at(site.node).bin_dir(making.cluster.version.value_or(0));
    return restore_cluster(making.cluster, bin_dir, making.ways->connect, site, context);
}

Status make_first_stanza(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    return ensure_stanzas(making.cluster, members, Stanzas::of_leader, site, context);
}

Status note_gap(const Making&, Site& site, StepContext&) {
    if (site.claim) site.claim->facts[kArchiveGap] = true;
    return {};
}

Status make_stanzas(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    return ensure_stanzas(making.cluster, members, Stanzas::of_all, site, context);
}

Status prove_that_backups_work(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    TRY_VOID(prove_backups(making.cluster, members, making.changes.backups.anew, site, context));
    for (const auto& each : context.sites())
        if (each->claim && each->claim->facts.is_object()) each->claim->facts.erase(kArchiveGap);
    return {};
}

}  // namespace pigsty::module::pgsql
