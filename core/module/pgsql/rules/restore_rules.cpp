// `restore_from`: what names no one backup, or a target that neither pgBackRest nor PostgreSQL could read.
#include "core/base/unknown.h"
#include "core/module/pgsql/rules/rule_parts.h"

namespace pigsty::module::pgsql {
namespace {

void check_form(const std::string& path, const TextRule& rule, const std::optional<std::string>& text,
                Problems& problems, const std::string& hint = {}) {
    if (text && !has_unknown(*text) && !rule.holds(*text)) problems.add(path, expected(rule, *text), hint);
}

void check_target(const RestoreTarget& target, Problems& problems) {
    const std::string path = "restore_from.target";
    if (const int kinds = kinds_of(target); kinds != 1)
        problems.add(path, "expected exactly one of time, lsn, xid, name and immediate, found " + std::to_string(kinds),
                     "for everything that is archived, leave `target` out");
    check_form(path + ".time", kTargetTime, target.time, problems,
               "without an offset it would mean whatever zone the server is in");
    check_form(path + ".lsn", kTargetLsn, target.lsn, problems);
    check_form(path + ".xid", kTargetXid, target.xid, problems);
    check_form(path + ".name", kTargetName, target.name, problems, "the name that pg_create_restore_point() was given");
    if (target.exclusive && !target.time && !target.lsn && !target.xid)
        problems.add(path + ".exclusive", "exclusive goes with time, lsn and xid alone", "leave it out");
}

void check_key(const RestoreFrom& restore, Problems& problems) {
    if (restore.cipher_pass_wo.has_value() != restore.cipher_pass_wo_version.has_value())
        problems.add(restore.cipher_pass_wo ? "restore_from.cipher_pass_wo_version" : "restore_from.cipher_pass_wo",
                     "expected `cipher_pass_wo` and `cipher_pass_wo_version` together or neither, found one alone",
                     "set both");
    if (restore.cipher_pass_wo && restore.source)
        problems.add("restore_from.cipher_pass_wo", "the key comes with `source`", "leave one of the two out");
    if (restore.cipher_pass_wo && !has_unknown(restore.cipher_pass_wo->reveal()) &&
        !kCipherPass.holds(restore.cipher_pass_wo->reveal()))
        problems.add("restore_from.cipher_pass_wo", "expected a key on one line, found something else",
                     "the second line of /var/lib/pigsty/secrets/pg-NAME/backup-cipher on a member of the source");
}

}  // namespace

void check_restore(const PgCluster& cluster, Problems& problems) {
    if (!cluster.restore_from) return;
    const RestoreFrom& restore = *cluster.restore_from;
    if (restore.repository && restore.s3)
        problems.add("restore_from.s3", "expected `repository` or `s3`, found both", "remove one of them");
    else if (!restore.repository && !restore.s3)
        problems.add("restore_from.repository", "expected the repository that the backup is in, found none",
                     "set restore_from.repository = pigsty_minio_cluster.NAME.access, or restore_from.s3");
    else if (restore.s3)
        check_s3("restore_from.s3", *restore.s3, restore.bucket, restore.user, problems);
    else
        check_access("restore_from.repository", *restore.repository, cluster, problems);
    check_form("restore_from.cluster", kClusterName, restore.cluster, problems);
    check_form("restore_from.bucket", minio::kBucketName, restore.bucket, problems);
    check_form("restore_from.user", minio::kObjectName, restore.user, problems);
    check_form("restore_from.path", kDataFolder, restore.path, problems);
    check_form("restore_from.set", kBackupLabel, restore.set, problems, "a label that pgbackrest info shows");
    check_form("restore_from.timeline", kTargetTimeline, restore.timeline, problems);
    if (restore.target) check_target(*restore.target, problems);
    check_key(restore, problems);
    if (restore.source && !has_unknown(restore.source->name) && !has_unknown(restore.cluster) &&
        restore.source->name != restore.cluster)
        problems.add(
            "restore_from.source",
            "expected the connection of cluster " + restore.cluster + ", found that of " + restore.source->name,
            "name one cluster in both");
    const Backup source = repository_of(restore);
    if (!cluster.backup || !is_remote(*cluster.backup) || !is_remote(source) || restore.cluster != cluster.name) return;
    if (store_of(*cluster.backup)->identity == store_of(source)->identity &&
        bucket_of(*cluster.backup) == bucket_of(source) && path_of(*cluster.backup) == path_of(source))
        problems.add("backup.path", "the source's own backups are there, under the same name",
                     "the new cluster wants another `path` or another `name`: the source is never written to");
}

}  // namespace pigsty::module::pgsql
