#include "core/module/pgsql/spec/backup.h"

#include <algorithm>
#include <sstream>

#include "core/item/cron_line.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {
namespace {

bool is_schedule(std::string_view text) {
    if (text.contains('=') || text.contains('#')) return false;
    std::istringstream words{std::string(text)};
    std::size_t count = 0;
    for (std::string word; words >> word;) ++count;
    const bool is_word = text.starts_with('@');
    // A sixth word would be the user whom cron runs the job as.
    if (count != (is_word ? 1U : 5U)) return false;
    return item::check_cron_line(std::string(text) + " postgres true").has_value();
}

bool is_option(std::string_view text) {
    return text.size() >= 2 && text.size() <= 64 && text.front() >= 'a' && text.front() <= 'z' && text.back() != '-' &&
           std::ranges::all_of(text,
                               [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

const TextRule kSchedule{
    "five fields of time as cron has them (minute, hour, day of the month, month, day of the week), "
    "or one of its words as @daily",
    is_schedule};
const TextRule kBackupOption{"the name of an option of pgBackRest: lower-case letters, digits and hyphens", is_option};

bool is_remote(const Backup& backup) { return backup.repository || backup.s3; }

std::optional<Store> store_of(const Backup& backup) {
    if (backup.s3) return store_of(*backup.s3);
    if (!backup.repository) return std::nullopt;
    const minio::Access& access = *backup.repository;
    // Members go by the domain, whatever the address of the first endpoint: "9000" of "https://10.10.10.10:9000".
    const std::string endpoint = access.endpoints.empty() ? std::string() : access.endpoints.front();
    const auto colon = endpoint.rfind(':');
    return Store{.name = "MinIO cluster " + access.name,
                 .identity = access.id,
                 .host = access.domain,
                 .port = colon == std::string::npos ? std::string() : endpoint.substr(colon + 1),
                 .region = access.region,
                 .uri_style = "path",
                 .ca_file = render::kCaCertificate};
}

bool is_encrypted(const Backup& backup) { return backup.encryption.value_or(is_remote(backup)); }

bool outlives_cluster(const Backup& backup) {
    return is_remote(backup) && (!is_encrypted(backup) || backup.cipher_pass_wo_version);
}

std::string bucket_of(const Backup& backup) { return backup.bucket.value_or(minio::kDefaultBucket); }

std::string user_of(const Backup& backup) {
    return backup.s3 ? backup.s3->key : backup.user.value_or(minio::kDefaultUser);
}

std::string path_of(const Backup& backup) {
    return backup.path.value_or(is_remote(backup) ? "/pgbackrest" : kLocalRepository);
}

std::string place_of(const Backup& backup) {
    const auto store = store_of(backup);
    if (!store) return path_of(backup) + " of each member";
    return "bucket " + bucket_of(backup) + " of " + store->name + ", below " + path_of(backup);
}

bool same_place(const Backup& a, const Backup& b) {
    if (is_remote(a) != is_remote(b) || path_of(a) != path_of(b) || is_encrypted(a) != is_encrypted(b)) return false;
    return !is_remote(a) || (store_of(a)->identity == store_of(b)->identity && bucket_of(a) == bucket_of(b));
}

bool same_settings(Backup a, Backup b) {
    a.cipher_pass_wo.reset();
    b.cipher_pass_wo.reset();
    return a == b;
}

std::map<std::string, std::string> schedules_of(const Backup& backup) {
    std::map<std::string, std::string> schedules;
    const auto add = [&](const char* type, const std::optional<std::string>& schedule) {
        if (schedule) schedules.emplace(type, *schedule);
    };
    add("full", backup.full_schedule);
    add("diff", backup.diff_schedule);
    add("incr", backup.incr_schedule);
    return schedules;
}

}  // namespace pigsty::module::pgsql
