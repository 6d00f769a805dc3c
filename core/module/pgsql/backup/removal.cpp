#include "core/module/pgsql/backup/removal.h"

#include "core/base/number.h"
#include "core/base/quote.h"
#include "core/base/text.h"
#include "core/module/pgsql/backup/command.h"
#include "core/module/pgsql/backup/files.h"
#include "core/module/pgsql/backup/final_backup.h"
#include "core/module/pgsql/spec/layout.h"

namespace pigsty::module::pgsql {

using converge::Site;
using converge::StepContext;

namespace {

// What the servers did not get into the archive before they stopped: they wait for that, but not for ever.
Status warn_of_lost_wal(const PgCluster& cluster, StepContext& context) {
    const node::RunScript count{
        .text = std::string("ls ") + kDataDir + "/pg_wal/archive_status 2>/dev/null | grep -c '\\.ready$' || true\n",
        .writes = false};
    std::int64_t left = 0;
    for (const auto& site : context.sites()) {
        TRY(const auto counted, site->node->request({count}, context.cancel()));
        left += number_in(trimmed(counted.back().out)).value_or(0);
    }
    if (left > 0)
        context.warn(
            std::to_string(left) + " segments of WAL of " + cluster.name +
            " did not get to the repository before PostgreSQL stopped: what was written after the final backup "
            "may not be there");
    return {};
}

}  // namespace

std::string remove_local_repository_script(const PgCluster& cluster) {
    if (!cluster.backup || is_remote(*cluster.backup) || path_of(*cluster.backup) == kLocalRepository) return {};
    std::string script;
    for (const char* part : {"archive", "backup"}) {
        const std::string folder = path_of(*cluster.backup) + "/" + part;
        script += "rm -rf -- " + shell_quote(folder + "/" + cluster.name) + " || exit 1\n";
        script += "rmdir -- " + shell_quote(folder) + " 2>/dev/null || true\n";
    }
    return script;
}

converge::Act remove_stanza(const PgCluster& cluster) {
    return [cluster](Site& site, StepContext& context) -> Status {
        const Backup& backup = *cluster.backup;
        if (const std::string label = final_backup_label(context.sites()); !label.empty()) {
            context.warn("final backup of " + cluster.name + ": " + label + ", in " + place_of(backup) +
                         ". restore_from with cluster = \"" + cluster.name + "\" makes a cluster out of it");
            return warn_of_lost_wal(cluster, context);
        }
        if (outlives_cluster(backup)) {
            context.warn("backups of " + cluster.name + " stay in " + place_of(backup));
            return {};
        }
        const auto left = [&](const Trouble& trouble) {
            context.warn("backups of " + cluster.name + " stay in " + place_of(backup) + ": " + trouble.message +
                         ". Their key is gone: remove them there by hand");
        };
        // A create that ended before it came to that has nothing there.
        const std::string is_there = std::string("command -v pgbackrest >/dev/null && [ -e ") + kBackrestConf + " ]\n";
        TRY(const auto looked,
            site.node->request({node::RunScript{.text = is_there, .may_fail = true, .writes = false}},
                               context.cancel()));
        if (looked.back().status != 0) return {};
        TRY(const auto seen, ask_information(cluster, *site.node, context.cancel()));
        if (seen.trouble.kind == TroubleKind::no_stanza) return {};
        if (!seen.is_readable()) {
            left(seen.trouble);
            return {};
        }
        TRY_VOID(context.begin_changes());
        const auto run = [&](const char* arguments) {
            return run_backrest(cluster, *site.node, {.arguments = arguments, .within = std::chrono::minutes(10)},
                                context.cancel());
        };
        // What still pushes holds the stanza, and ends when it is told to.
        TRY(Trouble trouble, run("--force stop"));
        for (int tries = 5; tries > 0; --tries) {
            TRY(trouble, run("--force stanza-delete"));
            if (trouble.kind != TroubleKind::busy || !context.cancel().pause(std::chrono::seconds(2))) break;
        }
        if (trouble.kind != TroubleKind::none) left(trouble);
        return {};
    };
}

}  // namespace pigsty::module::pgsql
