// `restore_from` of a cluster: the backup that a new one is made out of, and up to where. Of the creation alone.
//
//     if (cluster.restore_from) … restore_options(*cluster.restore_from)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/constraint.h"
#include "core/base/json_fields.h"
#include "core/base/secret.h"
#include "core/module/pgsql/spec/backup.h"
#include "core/module/pgsql/spec/connection.h"

namespace pigsty::module::pgsql {

// One of them; `exclusive` goes with time, lsn and xid.
struct RestoreTarget {
    std::optional<std::string> time{}, lsn{}, xid{}, name{};
    std::optional<bool> immediate{};  // as soon as the backup is consistent
    bool exclusive = false;           // up to the target, without it
    bool operator==(const RestoreTarget&) const = default;
};

struct RestoreFrom {
    std::optional<minio::Access> repository{};            // where the source's backups are: here,
    std::optional<ForeignS3> s3{};                        // or in a store of others
    std::optional<std::string> bucket{}, user{}, path{};  // null: as in `backup`
    std::string cluster;                                  // name of the source: pgBackRest's stanza
    std::optional<Connection> source{};                   // where the source lives, and its key with it
    std::optional<Secret> cipher_pass_wo{};               // only in create and while planning; in no claim
    std::optional<std::int64_t> cipher_pass_wo_version{};
    std::optional<RestoreTarget> target{};  // null: everything that is archived
    std::optional<std::string> set{};       // label of the backup; null: the newest that fits
    std::optional<std::string> timeline{};  // null: latest
    bool operator==(const RestoreFrom&) const = default;
};

void fields(auto& visit, FieldsOf<RestoreTarget> auto& target) {
    visit("time", target.time);
    visit("lsn", target.lsn);
    visit("xid", target.xid);
    visit("name", target.name);
    visit("immediate", target.immediate);
    visit("exclusive", target.exclusive);
}

// Without the key.
void fields(auto& visit, FieldsOf<RestoreFrom> auto& restore) {
    visit("repository", restore.repository);
    visit("s3", restore.s3);
    visit("bucket", restore.bucket);
    visit("user", restore.user);
    visit("path", restore.path);
    visit("cluster", restore.cluster);
    visit("source", restore.source);
    visit("cipher_pass_wo_version", restore.cipher_pass_wo_version);
    visit("target", restore.target);
    visit("set", restore.set);
    visit("timeline", restore.timeline);
}

// The source's repository as `backup` has one, not encrypted: who reads its key knows more.
Backup repository_of(const RestoreFrom& restore);
// How many kinds of target are named.
int kinds_of(const RestoreTarget& target);
// Options of `pgbackrest restore` that say up to where, for sh. Always `promote`: what pauses waits for ever.
std::string restore_options(const RestoreFrom& restore);
// "cluster pg-src to time 2026-11-28 18:11:06+00": for people, and to know a restore again. Ways and keys are no part of it.
std::string meaning_of(const RestoreFrom& restore);
// Seconds since 1970; nothing where it is no time with an offset.
std::optional<std::int64_t> seconds_of(std::string_view time);

extern const TextRule kTargetTime, kTargetLsn, kTargetXid, kTargetName, kBackupLabel, kTargetTimeline, kCipherPass;

}  // namespace pigsty::module::pgsql
