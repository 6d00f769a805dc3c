// `backup` of a cluster: where its backups and its WAL go, when, for how long. What users leave out is decided here.
//
//     if (cluster.backup && is_remote(*cluster.backup)) … bucket_of(*cluster.backup)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/base/constraint.h"
#include "core/base/json_fields.h"
#include "core/base/secret.h"
#include "core/module/minio/spec.h"
#include "core/module/pgsql/spec/store.h"

namespace pigsty::module::pgsql {

struct Retention {
    std::int64_t full = 2;                  // full backups, or days
    std::string type = "count";             // count | time
    std::optional<std::int64_t> archive{};  // full backups whose WAL is kept; null: of all that are kept
    bool operator==(const Retention&) const = default;
};

struct Backup {
    std::optional<minio::Access> repository{};  // a MinIO cluster of ours; null, and no `s3`: each member's own disk
    std::optional<ForeignS3> s3{};              // a store of others, instead
    std::optional<std::string> bucket{};        // null: MinIO's default bucket
    std::optional<std::string> user{};          // of `repository`; null: MinIO's default user
    std::optional<std::string> path{};          // null: /pgbackrest in a bucket, /pg/backup on a disk
    std::optional<std::string> full_schedule{}, diff_schedule{}, incr_schedule{};  // as cron has it
    Retention retention{};
    std::optional<bool> encryption{};  // null: wherever it leaves the machine
    std::optional<Secret>
        cipher_pass_wo{};  // null: made on the nodes; only while a change is planned and made, in no claim
    std::optional<std::int64_t> cipher_pass_wo_version{};
    std::string compression = "zst";
    bool initial = true;  // a first full backup is part of the apply
    std::string clone_above = "10GB";
    std::map<std::string, std::string> options{};  // of pgBackRest, section [global]
    bool operator==(const Backup&) const = default;
};

void fields(auto& visit, FieldsOf<Retention> auto& retention) {
    visit("full", retention.full);
    visit("type", retention.type);
    visit("archive", retention.archive);
}

// Without the key.
void fields(auto& visit, FieldsOf<Backup> auto& backup) {
    visit("repository", backup.repository);
    visit("s3", backup.s3);
    visit("bucket", backup.bucket);
    visit("user", backup.user);
    visit("path", backup.path);
    visit("full_schedule", backup.full_schedule);
    visit("diff_schedule", backup.diff_schedule);
    visit("incr_schedule", backup.incr_schedule);
    visit("retention", backup.retention);
    visit("encryption", backup.encryption);
    visit("cipher_pass_wo_version", backup.cipher_pass_wo_version);
    visit("compression", backup.compression);
    visit("initial", backup.initial);
    visit("clone_above", backup.clone_above);
    visit("options", backup.options);
}

inline constexpr const char* kLocalRepository = "/pg/backup";

bool is_remote(const Backup& backup);
// Nothing where backups stay on the members' own disks.
std::optional<Store> store_of(const Backup& backup);
bool is_encrypted(const Backup& backup);
// Whether its backups can still be read once the cluster is gone: they are not encrypted, or with the user's own key.
bool outlives_cluster(const Backup& backup);
std::string bucket_of(const Backup& backup);
// The id of the key that the store is asked with.
std::string user_of(const Backup& backup);
std::string path_of(const Backup& backup);
// "/pg/backup of each member", "bucket pgsql of MinIO cluster minio, below /pgbackrest": for people.
std::string place_of(const Backup& backup);
// Backups of one are found by the other: the same place, and the same key.
bool same_place(const Backup& a, const Backup& b);
// The same in all that a state keeps.
bool same_settings(Backup a, Backup b);
// By name ("full"), those that are set.
std::map<std::string, std::string> schedules_of(const Backup& backup);

// Times alone, as cron reads them: "00 01 * * *" or @daily. What follows them in a crontab is ours to say.
extern const TextRule kSchedule;
// Name of an option as pgBackRest's file has it.
extern const TextRule kBackupOption;

}  // namespace pigsty::module::pgsql
