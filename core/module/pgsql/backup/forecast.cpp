#include "core/module/pgsql/backup/forecast.h"

#include <algorithm>

#include "core/module/pgsql/backup/look.h"

namespace pigsty::module::pgsql {
namespace {

bool any_of(const std::vector<std::string>& drift, bool (*is)(const std::string&)) {
    return std::ranges::any_of(drift, is);
}

// While another command ran, WAL went elsewhere or nowhere: the archive has a gap.
bool is_about_archiving(const std::string& sentence) { return sentence.contains("archive_command"); }

bool moves(const PgCluster& before, const PgCluster& after) {
    return !before.backup || !same_place(*before.backup, *after.backup);
}

}  // namespace

BackupChange backup_change(const PgCluster& before, const PgCluster& after, const std::vector<std::string>& drift) {
    if (!after.backup) return {};
    const bool anew = moves(before, after) || any_of(drift, is_about_archiving);
    return {.prove = anew || before.backup != after.backup || any_of(drift, is_about_backups),
            .anew = anew,
            .renew_key = any_of(drift, is_about_key)};
}

std::vector<std::string> backup_forecast(const PgCluster& before, const PgCluster& after, const BackupChange& change) {
    std::vector<std::string> sentences;
    if (before.backup && !after.backup)
        sentences.push_back("stop archiving WAL of " + after.name + "; its backups stay in " +
                            place_of(*before.backup));
    if (change.renew_key && is_remote(*after.backup))
        sentences.push_back("read the key of " + user_of(*after.backup) + " from MinIO cluster " +
                            after.backup->repository->name + " anew");
    if (change.anew) {
        sentences.push_back("archive WAL of " + after.name + " to " + place_of(*after.backup) + ", no restart" +
                            (after.backup->initial ? "; a full backup" : ""));
        if (before.backup && moves(before, after))
            sentences.push_back("backups so far stay in " + place_of(*before.backup));
    } else if (change.prove) {
        sentences.push_back("check that WAL of " + after.name + " gets to " + place_of(*after.backup));
    }
    return sentences;
}

std::vector<std::string> backup_advice(const PgCluster& cluster) {
    if (!cluster.backup) return {};
    std::vector<std::string> sentences;
    const Backup& backup = *cluster.backup;
    if (!is_remote(backup) && cluster.instances.size() > 1)
        sentences.emplace_back(
            "Without backup.repository each member keeps the backups that it made itself: after a failover the new "
            "leader "
            "begins a history of its own, and a machine that is lost takes its backups with it.");
    if (schedules_of(backup).empty())
        sentences.emplace_back(
            "No schedule makes backups: the archived WAL grows without end, since it goes with the backups that "
            "expire.");
    else if (!backup.full_schedule)
        sentences.emplace_back(
            "No schedule makes full backups, and only a newer full backup lets an older one expire.");
    return sentences;
}

}  // namespace pigsty::module::pgsql
