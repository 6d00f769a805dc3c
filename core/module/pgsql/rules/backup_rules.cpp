// `backup`: what neither cron, nor pgBackRest, nor the repository could take, or what would say nothing.
#include <algorithm>
#include <array>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/module/pgsql/spec/settings.h"

namespace pigsty::module::pgsql {
namespace {

void check_text(const std::string& path, const TextRule& rule, const std::optional<std::string>& text,
                const std::string& hint, Problems& problems) {
    if (text && !has_unknown(*text) && !rule.holds(*text)) problems.add(path, expected(rule, *text), hint);
}

void check_schedules(const Backup& backup, Problems& problems) {
    const auto check = [&](const char* name, const std::optional<std::string>& schedule) {
        check_text(std::string("backup.") + name, kSchedule, schedule,
                   "for example \"00 01 * * *\": at one every night; user and command are not part of it", problems);
    };
    check("full_schedule", backup.full_schedule);
    check("diff_schedule", backup.diff_schedule);
    check("incr_schedule", backup.incr_schedule);
}

void check_retention(const Backup& backup, Problems& problems) {
    problems.check_range("backup.retention.full", backup.retention.full, kRetention);
    problems.check_choice("backup.retention.type", backup.retention.type, choices(kRetentionTypes));
    if (!backup.retention.archive) return;
    problems.check_range("backup.retention.archive", *backup.retention.archive, kRetention);
    if (backup.retention.type == "count" && *backup.retention.archive > backup.retention.full)
        problems.add("backup.retention.archive",
                     fmt::format("expected at most backup.retention.full ({}), found {}", backup.retention.full,
                                 *backup.retention.archive),
                     "WAL goes with the backup that it belongs to");
}

void check_repository(const PgCluster& cluster, Problems& problems) {
    const Backup& backup = *cluster.backup;
    check_text("backup.bucket", minio::kBucketName, backup.bucket, "for example pgsql", problems);
    check_text("backup.user", minio::kObjectName, backup.user, "for example pgbackrest", problems);
    check_text("backup.path", kDataFolder, backup.path,
               is_remote(backup) ? "for example /pgbackrest" : "for example /data/backups", problems);
    if (backup.repository && backup.s3)
        problems.add("backup.s3", "expected `repository` or `s3`, found both", "remove one of them");
    if (backup.s3) return check_s3("backup.s3", *backup.s3, backup.bucket, backup.user, problems);
    if (!is_remote(backup)) {
        const auto says_nothing = [&](const char* name, const std::optional<std::string>& value) {
            if (value)
                problems.add(std::string("backup.") + name, fmt::format("{} says nothing without a repository", name),
                             "set backup.repository = pigsty_minio_cluster.NAME.access, or backup.s3, or leave it out");
        };
        says_nothing("bucket", backup.bucket);
        says_nothing("user", backup.user);
        const std::string path = path_of(backup);
        const bool is_inside = path.starts_with("/pg/") || path == "/pg" || path == cluster.data_dir ||
                               path.starts_with(cluster.data_dir + "/");
        if (!has_unknown(path) && path != kLocalRepository && is_inside)
            problems.add("backup.path", fmt::format("expected a folder outside the cluster's own, found \"{}\"", path),
                         "leave it out for /pg/backup, or name a folder on another disk");
        return;
    }
    check_access("backup.repository", *backup.repository, cluster, problems);
}

// Options that an attribute or we ourselves set, by how they begin.
void check_options(const Backup& backup, Problems& problems) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kOwners{{
        {"repo1-path", "backup.path"},
        {"repo1-type", "backup.repository"},
        {"repo1-s3-bucket", "backup.bucket"},
        {"repo1-s3-", "backup.repository"},
        {"repo1-storage-", "backup.repository"},
        {"repo1-cipher-", "backup.encryption"},
        {"repo1-bundle", "the provider"},
        {"repo1-retention-full", "backup.retention"},
        {"repo1-retention-archive", "backup.retention"},
        {"pg", "the provider"},
        {"compress-type", "backup.compression"},
        {"start-fast", "the provider"},
        {"log-path", "the provider"},
        {"lock-path", "the provider"},
        {"spool-path", "the provider"},
        {"stanza", "the provider"},
        {"archive-async", "the provider"},
    }};
    for (const auto& [option, value] : backup.options) {
        const std::string path = entry("backup.options", option);
        if (has_unknown(option)) continue;
        if (!kBackupOption.holds(option)) {
            problems.add(path, expected(kBackupOption, option), "for example process-max");
            continue;
        }
        const auto owner =
            std::ranges::find_if(kOwners, [&](const auto& entry) { return option.starts_with(entry.first); });
        if (owner != kOwners.end())
            problems.add(path, fmt::format("{} is set by {}", option, owner->second), "remove it here");
        else if (option.starts_with("repo") && !option.starts_with("repo1-"))
            problems.add(path, "expected one repository, found an option of another", "its options begin with repo1-");
        if (has_unknown(value)) continue;
        if (value.empty() || value.contains("{{") ||
            std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
            problems.add(path, "expected a value on one line, without control characters and without `{{`",
                         "a line of the file has no way to write others");
    }
}

void check_commands(const PgCluster& cluster, Problems& problems) {
    for (const auto& [name, value] : cluster.parameters)
        if (const std::string key = setting_key(name);
            key == "archive_command" || key == "archive_library" || key == "archive_mode")
            problems.add(entry("parameters", name), fmt::format("{} is set by backup", key), "remove it here");
}

}  // namespace

void check_s3(const std::string& path, const ForeignS3& s3, const std::optional<std::string>& bucket,
              const std::optional<std::string>& user, Problems& problems) {
    const std::string beside = path.substr(0, path.rfind('.') + 1);
    if (!bucket)
        problems.add(beside + "bucket", "expected the bucket of " + s3.endpoint + ", found none",
                     "set " + beside + "bucket: a store of others has no default one");
    if (user)
        problems.add(beside + "user", "user names one of MinIO's, and this is a store of others",
                     "set " + path + ".key instead");
    check_text(path + ".endpoint", kEndpoint, s3.endpoint, "for example s3.eu-central-1.amazonaws.com", problems);
    problems.check_port(path + ".port", s3.port);
    check_text(path + ".region", kAccessKey, s3.region, "for example us-east-1", problems);
    problems.check_choice(path + ".uri_style", s3.uri_style, choices(kUriStyles));
    check_text(path + ".key", kAccessKey, s3.key, "the id of an access key", problems);
    if (s3.key_secret_wo && !has_unknown(s3.key_secret_wo->reveal()) && !kAccessKey.holds(s3.key_secret_wo->reveal()))
        problems.add(path + ".key_secret_wo", "expected " + std::string(kAccessKey.expected) + ", found something else",
                     "as the store gave it");
}

void check_access(const std::string& path, const minio::Access& access, const PgCluster& cluster, Problems& problems) {
    if (access.members.empty() || access.domain.empty() || access.endpoints.empty())
        problems.add(path,
                     "expected `access` of a pigsty_minio_cluster, found one without members, "
                     "endpoints or a domain",
                     "set " + path + " = pigsty_minio_cluster.NAME.access");
    else if (access.ca_fingerprint.empty())
        problems.add(path, "pgBackRest speaks to S3 over TLS alone, and this MinIO cluster has none",
                     "give the MinIO cluster a `ca`");
    else if (!cluster.ca.fingerprint.empty() && !has_unknown(access.ca_fingerprint) &&
             !has_unknown(cluster.ca.fingerprint) && access.ca_fingerprint != cluster.ca.fingerprint)
        problems.add(path, "expected a MinIO cluster of the authority in `ca`, found one of another",
                     "use one authority for both");
}

namespace {

void check_cipher_pass(const Backup& backup, Problems& problems) {
    const auto& key = backup.cipher_pass_wo;
    if (key.has_value() != backup.cipher_pass_wo_version.has_value())
        problems.add(key ? "backup.cipher_pass_wo_version" : "backup.cipher_pass_wo",
                     "expected `cipher_pass_wo` and `cipher_pass_wo_version` together or neither, found one alone",
                     "set both");
    if (backup.cipher_pass_wo_version && !is_encrypted(backup))
        problems.add("backup.cipher_pass_wo_version", "a key says nothing without encryption",
                     "leave it out, or encryption");
    if (key && !has_unknown(key->reveal()) && !kCipherPass.holds(key->reveal()))
        problems.add("backup.cipher_pass_wo", "expected a key on one line, found something else",
                     "for example what `openssl rand -base64 48` prints");
}

void check_final_backup(const PgCluster& cluster, Problems& problems) {
    if (!cluster.final_backup) return;
    if (!cluster.backup)
        problems.add("final_backup", "expected `backup`, whose repository a final backup goes to, found none",
                     "set backup.repository, or leave final_backup out");
    else if (!is_remote(*cluster.backup))
        problems.add("final_backup", "a destroy removes the repositories on the members' own disks",
                     "set backup.repository, or leave final_backup out");
    else if (!outlives_cluster(*cluster.backup))
        problems.add(
            "final_backup", "the backups are encrypted with a key that the members alone have, and that goes with them",
            "set backup.cipher_pass_wo, the key that you keep: of a living cluster the one that it has, in the "
            "second line of /var/lib/pigsty/secrets/pg-" +
                cluster.name + "/backup-cipher on a member");
}

}  // namespace

void check_backup(const PgCluster& cluster, Problems& problems) {
    check_final_backup(cluster, problems);
    if (!cluster.backup) return;
    const Backup& backup = *cluster.backup;
    check_repository(cluster, problems);
    check_cipher_pass(backup, problems);
    check_schedules(backup, problems);
    check_retention(backup, problems);
    problems.check_choice("backup.compression", backup.compression, choices(kCompressions));
    check_text("backup.clone_above", minio::kQuota, backup.clone_above, "for example 10GB", problems);
    check_options(backup, problems);
    check_commands(cluster, problems);
}

}  // namespace pigsty::module::pgsql
