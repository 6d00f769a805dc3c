#include "provider/resource/pg_backup_attributes.h"

#include <chrono>

#include "core/item/key_text.h"
#include "core/module/pgsql/spec/constraints.h"
#include "provider/configuration/references.h"
#include "provider/framework/validators.h"

namespace pigsty::provider {

using framework::attribute;
using framework::Attributes;
using framework::follows;
using framework::nested;
using framework::object;
using module::pgsql::Backup;
using module::pgsql::ForeignS3;
using module::pgsql::Retention;

namespace {

Attributes<Retention> retention_attributes() {
    return {
        attribute("full", &Retention::full)
            .fixed_default(2)
            .validate(framework::between(module::pgsql::kRetention))
            .description("How many full backups are kept, or for how many days, with what belongs to them. The oldest "
                         "expire after each backup."),
        attribute("type", &Retention::type)
            .fixed_default("count")
            .validate(framework::one_of(module::pgsql::kRetentionTypes))
            .description("What `full` counts: `count` full backups, or `time` in days."),
        attribute("archive", &Retention::archive)
            .optional()
            .validate(framework::between(module::pgsql::kRetention))
            .description("For how many of the newest full backups all WAL is kept, so that any moment since can be "
                         "restored. Not set: for all."),
    };
}

framework::AttributeBuilder<Backup> schedule(const char* name, std::optional<std::string> Backup::* member) {
    return attribute(name, member).optional().validate(follows(module::pgsql::kSchedule));
}

}  // namespace

Attributes<ForeignS3> pg_s3_attributes() {
    return {
        attribute("endpoint", &ForeignS3::endpoint)
            .required()
            .validate(follows(module::pgsql::kEndpoint))
            .example("\"s3.eu-central-1.amazonaws.com\"")
            .description("Host of the store."),
        attribute("port", &ForeignS3::port)
            .fixed_default(443)
            .validate(framework::port())
            .description("Port, which speaks TLS."),
        attribute("region", &ForeignS3::region)
            .fixed_default("us-east-1")
            .validate(follows(module::pgsql::kAccessKey))
            .description("Region that requests are signed for."),
        attribute("uri_style", &ForeignS3::uri_style)
            .fixed_default("host")
            .validate(framework::one_of(module::pgsql::kUriStyles))
            .description("How the bucket is named: `host` before the endpoint, `path` behind it (most stores that are "
                         "not Amazon's)."),
        attribute("key", &ForeignS3::key)
            .required()
            .validate(follows(module::pgsql::kAccessKey))
            .description("Id of the access key."),
        attribute("key_secret_wo", &ForeignS3::key_secret_wo)
            .required()
            .write_only()
            .sensitive()
            .description(
                "Its secret, never stored in a state or a plan. On the members, root only, and in pgBackRest's "
                "file. Counts where a member has none, and when `key_secret_wo_version` changes."),
        attribute("key_secret_wo_version", &ForeignS3::key_secret_wo_version)
            .fixed_default(1)
            .validate(framework::between(1, 1000000000))
            .description("Any number; another one makes `key_secret_wo` count anew."),
        attribute("ca", &ForeignS3::ca)
            .optional()
            .validate(follows("certificates of authorities in PEM form",
                              [](std::string_view text) {
                                  return item::check_authorities(text,
                                                                 std::chrono::time_point_cast<std::chrono::seconds>(
                                                                     std::chrono::system_clock::now()));
                              }))
            .example("file(\"store-ca.pem\")")
            .description("Authority of the store's certificate (PEM). Not set: those that the machines trust."),
    };
}

Attributes<Backup> pg_backup_attributes() {
    return {
        object("repository", &Backup::repository, minio_access_attributes())
            .optional()
            .example("pigsty_minio_cluster.this.access")
            .description("Where backups and WAL go. Not set, and no `s3`: to each member's own disk. Another one keeps "
                         "what the one "
                         "before has, and begins with a full backup."),
        nested("s3", &Backup::s3, pg_s3_attributes())
            .optional()
            .description("Instead of `repository`: a store of others that speaks S3. It needs a `bucket`."),
        attribute("bucket", &Backup::bucket)
            .optional()
            .validate(follows(module::minio::kBucketName))
            .description("Bucket of the repository. Not set: `pgsql`, which every MinIO cluster has by default."),
        attribute("user", &Backup::user)
            .optional()
            .validate(follows(module::minio::kObjectName))
            .description(
                "MinIO's user whose key is used. It is read on MinIO's own nodes and kept on the members, root "
                "only; it is in no state. Not set: `pgbackrest`."),
        attribute("path", &Backup::path)
            .optional()
            .validate(follows(kDataFolder))
            .description(
                "Folder of the repository. Not set: `/pgbackrest` in a bucket, `/pg/backup` on a disk. Several "
                "clusters may share one."),
        schedule("full_schedule", &Backup::full_schedule)
            .example("\"00 01 * * *\"")
            .description(
                "When a full backup is made, as cron has it. The job is on all members, and does nothing where "
                "the member does not lead."),
        schedule("diff_schedule", &Backup::diff_schedule)
            .description("When what changed since the last full backup is saved."),
        schedule("incr_schedule", &Backup::incr_schedule)
            .description("When what changed since the last backup is saved."),
        nested("retention", &Backup::retention, retention_attributes()).optional().description("What is kept."),
        attribute("encryption", &Backup::encryption)
            .optional()
            .description("AES-256, with a key that is made on the nodes and stays there, root only, or with "
                         "`cipher_pass_wo`. Not set: wherever backups leave the machine. Fixed for one `path`."),
        attribute("cipher_pass_wo", &Backup::cipher_pass_wo)
            .optional()
            .write_only()
            .sensitive()
            .example("var.backup_key")
            .description(
                "Key of your own that backups are encrypted with, never stored in a state or a plan: with it they can "
                "be "
                "read once the members are gone, and a destroy leaves them. Not set: a key that the members alone "
                "have. "
                "Fixed for one `path`: of a cluster that has backups already, the key that they were written with."),
        attribute("cipher_pass_wo_version", &Backup::cipher_pass_wo_version)
            .optional()
            .validate(framework::between(1, 1000000000))
            .description("Any number; another one makes `cipher_pass_wo` count anew."),
        attribute("compression", &Backup::compression)
            .fixed_default("zst")
            .validate(framework::one_of(module::pgsql::kCompressions))
            .description("How backups and WAL are compressed."),
        attribute("initial", &Backup::initial)
            .fixed_default(true)
            .description("The apply ends with a first full backup, where there is none."),
        attribute("clone_above", &Backup::clone_above)
            .fixed_default("10GB")
            .validate(follows(module::minio::kQuota))
            .description("A member is made from the repository instead of from the leader where the newest backup is "
                         "of more data than that. Of a repository that all members share."),
        attribute("options", &Backup::options)
            .optional()
            .validate(framework::keys(follows(module::pgsql::kBackupOption)))
            .example("{ process-max = \"4\" }")
            .description(
                "Options of pgBackRest, section `[global]`. Those that belong to an attribute are refused; one "
                "that pgBackRest does not know is refused by the apply, before the file is used."),
    };
}

}  // namespace pigsty::provider
