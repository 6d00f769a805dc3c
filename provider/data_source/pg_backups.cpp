#include "provider/data_source/pg_backups.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "core/module/pgsql/spec/layout.h"
#include "provider/data_source/find_cluster.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using module::pgsql::BackupLook;
using module::pgsql::BackupSet;
using module::pgsql::PgCluster;

Attributes<PgBackupView> backup_set_attributes() {
    return {
        attribute("label", &PgBackupView::label)
            .computed()
            .description("Its name in pgBackRest, as `20261130-022842F`; `F` full, `D` differential, `I` incremental."),
        attribute("type", &PgBackupView::type).computed().description("`full`, `diff` or `incr`."),
        attribute("prior", &PgBackupView::prior).computed().description("The backup that it builds on; null: none."),
        attribute("start", &PgBackupView::start).computed().description("When it began, UTC."),
        attribute("stop", &PgBackupView::stop).computed().description("When it ended, UTC."),
        attribute("size", &PgBackupView::size).computed().description("Bytes of the data that it restores."),
        attribute("repository_size", &PgBackupView::repository_size)
            .computed()
            .description("Bytes that it added to the repository, compressed."),
        attribute("wal_start", &PgBackupView::wal_start).computed().description("First segment of WAL that it needs."),
        attribute("wal_stop", &PgBackupView::wal_stop).computed().description("Last segment of WAL that it needs."),
        attribute("error", &PgBackupView::error).computed().description("Pages whose checksum did not fit are in it."),
    };
}

Attributes<PgBackupsView> backups_view_attributes() {
    return {
        cluster_to_find(&PgBackupsView::name, &PgBackupsView::nodes, &PgBackupsView::id, "\"pg-test\""),
        attribute("enabled", &PgBackupsView::enabled).computed().description("The cluster has `backup`."),
        attribute("repository", &PgBackupsView::repository).computed().description("Where backups go, in words."),
        attribute("encrypted", &PgBackupsView::encrypted).computed().description("They are encrypted."),
        attribute("status", &PgBackupsView::status)
            .computed()
            .description("`ok`, `no backups`, `off`, or what is the matter: `the repository is not reached`."),
        attribute("ok", &PgBackupsView::ok)
            .computed()
            .description("There is a backup, the repository can be read, and WAL gets there."),
        attribute("running", &PgBackupsView::running).computed().description("A backup is being made."),
        nested("backups", &PgBackupsView::backups, backup_set_attributes())
            .computed()
            .description("The backups, oldest first. Where each member has a repository of its own, the leader's."),
        attribute("newest", &PgBackupsView::newest).computed().description("Label of the newest; null: there is none."),
        attribute("newest_full", &PgBackupsView::newest_full)
            .computed()
            .description("Label of the newest full one; null: there is none."),
        attribute("age_seconds", &PgBackupsView::age_seconds)
            .computed()
            .description("Since the newest ended, by the clock of the member that was asked; null: there is none."),
        attribute("newest_restorable_time", &PgBackupsView::newest_restorable_time)
            .computed()
            .description("Everything that was committed up to then is in the repository, UTC: when the last segment of "
                         "WAL that arrived there was full, or the end of the newest backup. Null without a backup."),
        attribute("archiving", &PgBackupsView::archiving)
            .computed()
            .description("The leader's last segment of WAL got there; null where no leader was asked."),
        attribute("wal_waiting", &PgBackupsView::wal_waiting)
            .computed()
            .description("Segments of WAL on the leader that are not in the repository yet; null as above."),
    };
}

PgBackupView view_of_set(const BackupSet& set) {
    return {.label = set.label,
            .type = set.type,
            .prior = set.prior,
            .start = utc_text(set.start),
            .stop = utc_text(set.stop),
            .size = set.size,
            .repository_size = set.repository_size,
            .wal_start = set.wal_start,
            .wal_stop = set.wal_stop,
            .error = set.has_error};
}

void show_sets(PgBackupsView& view, const BackupLook& look) {
    for (const BackupSet& set : look.information->sets) {
        view.backups.push_back(view_of_set(set));
        view.newest = set.label;
        if (set.type == "full") view.newest_full = set.label;
    }
    if (const BackupSet* newest = look.information->newest())
        view.age_seconds = std::max<std::int64_t>(0, look.now - newest->stop);
}

// Whose word counts: who leads; else who could tell of the repository at all.
const BackupLook* told_by(const std::vector<BackupLook>& looks, bool (*tells)(const BackupLook&)) {
    const auto found = std::ranges::find_if(looks, tells);
    return found == looks.end() ? nullptr : &*found;
}

}  // namespace

std::string utc_text(std::int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

PgBackupsView backups_view_of(const PgCluster& cluster, const std::string& id, const std::vector<BackupLook>& looks) {
    PgBackupsView view;
    view.name = cluster.name;
    view.id = id;
    view.status = "off";
    if (!cluster.backup) return view;
    view.enabled = true;
    view.repository = place_of(*cluster.backup);
    view.encrypted = is_encrypted(*cluster.backup);
    view.status = "nobody could be asked";
    const BackupLook* leader = told_by(looks, [](const BackupLook& look) { return look.archiver.has_value(); });
    if (leader != nullptr) {
        view.archiving = !leader->archiver->is_failing;
        view.wal_waiting = leader->archiver->waiting;
    }
    const BackupLook* told = leader != nullptr && leader->information
                                 ? leader
                                 : told_by(looks, [](const BackupLook& look) { return look.information.has_value(); });
    if (told == nullptr) return view;
    view.status = told->information->is_readable() ? (told->information->sets.empty() ? "no backups" : "ok")
                                                   : told->information->trouble.message;
    view.running = told->information->is_running;
    show_sets(view, *told);
    view.ok = view.status == "ok" && view.archiving.value_or(true);
    if (const BackupSet* newest = told->information->newest()) {
        const auto archived = leader != nullptr ? leader->archiver->restorable : std::nullopt;
        view.newest_restorable_time = utc_text(std::max(newest->stop, archived.value_or(0)));
    }
    return view;
}

framework::Declaration<PgBackupsView> PgBackupsDataSource::declare() const {
    return {.description =
                "The backups of a PostgreSQL cluster: what its repository holds, how old the newest is, and up to when "
                "everything can be restored. It is found by its name on its own machines. `age_seconds` and "
                "`newest_restorable_time` move with every look.",
            .subcategory = "PostgreSQL",
            .attributes = backups_view_attributes()};
}

Result<PgBackupsView> PgBackupsDataSource::read(const PgBackupsView& config, framework::Call& call) const {
    const Fleet& fleet = *call.provider<Fleet>();
    const Wanted wanted{.kind = module::pgsql::kKind, .what = "PostgreSQL cluster", .name = config.name};
    TRY(const auto found, find_cluster<PgCluster>(wanted, config.nodes, fleet, call.cancel));
    std::vector<BackupLook> looks;
    if (found.spec.backup) {
        // Each is asked for all: whoever leads may be the only one who can tell.
        const node::Probe probe = module::pgsql::backup_probe(found.spec, true);
        const auto seen = observe_all(
            module::pgsql::members_of(found.spec), [&](const converge::Member&) { return node::Probes{probe}; }, fleet,
            call.cancel);
        TRY_VOID(call.cancel.check("looking at backups of " + config.name));
        for (const auto& [number, observation] : seen)
            if (observation)
                looks.push_back(module::pgsql::read_look(observation->command(probe.key), *found.spec.backup));
    }
    PgBackupsView view = backups_view_of(found.spec, found.id, looks);
    view.nodes = config.nodes;
    return view;
}

}  // namespace pigsty::provider
