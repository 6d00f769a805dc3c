// `restore_from` of a PostgreSQL cluster.
#include "core/module/pgsql/spec/constraints.h"
#include "provider/configuration/pg_objects.h"
#include "provider/configuration/references.h"
#include "provider/framework/validators.h"
#include "provider/resource/pg_backup_attributes.h"

namespace pigsty::provider {

using framework::attribute;
using framework::Attributes;
using framework::follows;
using framework::nested;
using framework::object;
using module::pgsql::RestoreFrom;
using module::pgsql::RestoreTarget;

namespace {

Attributes<RestoreTarget> target_attributes() {
    return {
        attribute("time", &RestoreTarget::time)
            .optional()
            .validate(follows(module::pgsql::kTargetTime))
            .example("\"2026-11-28 18:11:06+00\"")
            .description("Commits up to that moment, by the source's clock."),
        attribute("lsn", &RestoreTarget::lsn)
            .optional()
            .validate(follows(module::pgsql::kTargetLsn))
            .description("WAL up to that place."),
        attribute("xid", &RestoreTarget::xid)
            .optional()
            .validate(follows(module::pgsql::kTargetXid))
            .description("What was committed up to that transaction."),
        attribute("name", &RestoreTarget::name)
            .optional()
            .validate(follows(module::pgsql::kTargetName))
            .description("Up to the restore point that `pg_create_restore_point()` gave that name."),
        attribute("immediate", &RestoreTarget::immediate)
            .optional()
            .description("Only as far as the backup needs to be consistent."),
        attribute("exclusive", &RestoreTarget::exclusive)
            .fixed_default(false)
            .description("Ends right before `time`, `lsn` or `xid` instead of right after."),
    };
}

}  // namespace

Attributes<RestoreFrom> pg_restore_attributes() {
    return {
        object("repository", &RestoreFrom::repository, minio_access_attributes())
            .optional()
            .example("pigsty_minio_cluster.this.access")
            .description("Where the source's backups are: this, or `s3`. It is read, and never written to."),
        nested("s3", &RestoreFrom::s3, pg_s3_attributes())
            .optional()
            .description("The same in a store of others, with `bucket`."),
        attribute("bucket", &RestoreFrom::bucket)
            .optional()
            .validate(follows(module::minio::kBucketName))
            .description("As the source's `backup.bucket`."),
        attribute("user", &RestoreFrom::user)
            .optional()
            .validate(follows(module::minio::kObjectName))
            .description("MinIO's user whose key is used. Not set: `pgbackrest`. One that may only read is enough."),
        attribute("path", &RestoreFrom::path)
            .optional()
            .validate(follows(kDataFolder))
            .description("As the source's `backup.path`."),
        attribute("cluster", &RestoreFrom::cluster)
            .required()
            .validate(follows(kClusterName))
            .example("\"pg-test\"")
            .description("Name of the source, which need not exist any more: pgBackRest's stanza."),
        object("source", &RestoreFrom::source, pg_connection_attributes())
            .optional()
            .example("pigsty_pg_cluster.test.connection")
            .description("Where the source lives: the key of its backups is read there, root to root, and is in no "
                         "state. Not set: they are not encrypted, or `cipher_pass_wo` is their key."),
        attribute("cipher_pass_wo", &RestoreFrom::cipher_pass_wo)
            .optional()
            .write_only()
            .sensitive()
            .description("Key of the source's backups where the source is gone, never stored in a state or a plan. On "
                         "the new member for as long as the restore takes, root only."),
        attribute("cipher_pass_wo_version", &RestoreFrom::cipher_pass_wo_version)
            .optional()
            .validate(framework::between(1, 1000000000))
            .description("Any number; goes with `cipher_pass_wo`."),
        nested("target", &RestoreFrom::target, target_attributes())
            .optional()
            .example("{ time = \"2026-11-28 18:11:06+00\" }")
            .description("Up to where: exactly one kind. Not set: everything that is archived."),
        attribute("set", &RestoreFrom::set)
            .optional()
            .validate(follows(module::pgsql::kBackupLabel))
            .description("Label of the backup to begin with. Not set: the newest that fits the target."),
        attribute("timeline", &RestoreFrom::timeline)
            .optional()
            .validate(follows(module::pgsql::kTargetTimeline))
            .description("History to follow: a number, `latest` or `current` (the backup's). Not set: `latest`."),
    };
}

}  // namespace pigsty::provider
