#include "core/module/pgsql/backup/forecast.h"

#include <algorithm>

#include "core/module/pgsql/backup/look.h"

namespace pigsty::module::pgsql {
namespace {

bool any_of(const std::vector<std::string>& drift, bool (*is)(const std::string&)) {
    return std::ranges::any_of(drift, is);
}

// While another command ran, WAL went elsewhere or nowhere: the archive has a gap.
bool is_about_archiving(const std::string& sentence) {
    return sentence.contains("archive_command") || is_about_gap(sentence);
}

// The secret of a key for a store of others is given once more.
bool has_another_secret(const PgCluster& before, const PgCluster& after) {
    return after.backup->s3 && before.backup && before.backup->s3 &&
           before.backup->s3->key_secret_wo_version != after.backup->s3->key_secret_wo_version;
}

bool moves(const PgCluster& before, const PgCluster& after) {
    return !before.backup || !same_place(*before.backup, *after.backup);
}

}  // namespace

BackupChange backup_change(const PgCluster& before, const PgCluster& after, const std::vector<std::string>& drift) {
    if (!after.backup) return {};
    const bool anew = moves(before, after) || any_of(drift, is_about_archiving);
    const bool changes = !before.backup || !same_settings(*before.backup, *after.backup);
    return {.prove = anew || changes || any_of(drift, is_about_backups),
            .anew = anew,
            .renew_key = any_of(drift, is_about_key) || has_another_secret(before, after)};
}

std::vector<std::string> backup_forecast(const PgCluster& before, const PgCluster& after, const BackupChange& change) {
    std::vector<std::string> sentences;
    if (before.backup && !after.backup)
        sentences.push_back("stop archiving WAL of " + after.name + "; its backups stay in " +
                            place_of(*before.backup));
    const bool gives_key =
        after.backup && after.backup->cipher_pass_wo_version &&
        (!before.backup || before.backup->cipher_pass_wo_version != after.backup->cipher_pass_wo_version);
    if (gives_key)
        sentences.push_back(before.backup && moves(before, after)
                                ? "encrypt backups of " + after.name + " with the key in cipher_pass_wo"
                                : "compare the key in cipher_pass_wo with the one that " + after.name + " has, if any");
    if (change.renew_key && is_remote(*after.backup))
        sentences.push_back((after.backup->s3 ? "give members the key of " : "read the key of ") +
                            user_of(*after.backup) + (after.backup->s3 ? " at " : " from ") +
                            store_of(*after.backup)->name + " anew");
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

std::vector<std::string> destroy_forecast(const PgCluster& cluster) {
    if (!cluster.backup || !cluster.final_backup) return {};
    return {"Before anything is stopped, a full backup of " + cluster.name + " is made in " +
                place_of(*cluster.backup) +
                ". The apply says its label; all backups stay there, and restore_from makes a cluster out of them.",
            "Where it cannot be made the destroy fails, and nothing was touched: final_backup = false destroys without "
            "it."};
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
