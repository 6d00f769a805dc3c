#include "core/module/minio/spec.h"

#include <algorithm>
#include <charconv>
#include <regex>

#include "core/base/text.h"
#include "core/module/minio/policy.h"

namespace pigsty::module::minio {
namespace {

constexpr std::size_t kMostDrives = 64;

bool has_only(std::string_view text, std::string_view more) {
    return std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.contains(c);
    });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_bucket_name(std::string_view text) {
    static const std::regex name("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]");
    return std::regex_match(text.begin(), text.end(), name);
}

bool is_object_name(std::string_view text) { return text.size() >= 3 && text.size() <= 64 && kFileName.holds(text); }

struct Range {
    std::string before, after;
    int first = 0, last = 0;
};

std::optional<Range> range_in(std::string_view text) {
    static const std::regex form("([^{}]*)\\{([0-9]{1,4})\\.\\.\\.([0-9]{1,4})\\}([^{}]*)");
    std::match_results<std::string_view::const_iterator> parts;
    if (!std::regex_match(text.begin(), text.end(), parts, form)) return std::nullopt;
    Range range{.before = parts[1], .after = parts[4], .first = std::stoi(parts[2]), .last = std::stoi(parts[3])};
    if (range.first >= range.last || static_cast<std::size_t>(range.last - range.first) >= kMostDrives)
        return std::nullopt;
    return range;
}

std::vector<std::string> expanded(const std::string& pattern) {
    const auto range = range_in(pattern);
    if (!range) return {pattern};
    std::vector<std::string> all;
    for (int number = range->first; number <= range->last; ++number)
        all.push_back(range->before + std::to_string(number) + range->after);
    return all;
}

bool is_drive_pattern(std::string_view text) {
    if (!text.contains('{') && !text.contains('}')) return kDataFolder.holds(text);
    return range_in(text) && std::ranges::all_of(expanded(std::string(text)), kDataFolder.holds);
}

bool is_domain(std::string_view text) {
    return !text.empty() && text.size() <= 253 && has_only(text, ".-") && text.front() != '.' && text.front() != '-' &&
           text.back() != '.' && text.back() != '-';
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
    return text;
}

std::string host_at(const MinioCluster& cluster, std::string_view number) {
    return replaced(replaced(cluster.node_pattern, "${minio_cluster}", cluster.name), "${minio_seq}", number);
}

bool is_host_pattern(std::string_view text) {
    return text.contains("${minio_seq}") &&
           is_domain(host_at({.name = "a", .members = {}, .node_pattern = std::string(text)}, "1"));
}

bool is_quota(std::string_view text) {
    static const std::regex form("[1-9][0-9]{0,9}(KB|MB|GB|TB|KiB|MiB|GiB|TiB)");
    return std::regex_match(text.begin(), text.end(), form);
}

bool is_storage_class(std::string_view text) {
    static const std::regex form("EC:[0-8]");
    return std::regex_match(text.begin(), text.end(), form);
}

// MinIO's client reads key and secret from lines.
bool is_user_secret(std::string_view text) {
    return text.size() >= 8 && text.size() <= 512 && std::ranges::none_of(text, is_control);
}

bool is_environment_name(std::string_view text) {
    return !text.empty() && has_only(text, "_") && !(text.front() >= '0' && text.front() <= '9');
}

// systemd reads a line; `{{` begins what stands for a secret.
bool is_environment_value(std::string_view text) {
    return std::ranges::none_of(text, is_control) && !text.contains("{{");
}

// The path of a pool's pattern: "https://minio-{1...3}.pigsty:9000/data{1...2}" → "/data{1...2}".
std::string path_of_pool(const std::string& pool) {
    const auto scheme = pool.find("://");
    if (scheme == std::string::npos) return pool;
    const auto slash = pool.find('/', scheme + 3);
    return slash == std::string::npos ? "" : pool.substr(slash);
}

}  // namespace

const TextRule kBucketName{"3 to 63 lower-case letters, digits and hyphens between them", is_bucket_name};
const TextRule kObjectName{"3 to 64 letters, digits, `_`, `.` and `-`, a letter or a digit first", is_object_name};
const TextRule kDrivePattern{"an absolute path with at most one range of 2 to 64 drives, as /data{1...4}",
                             is_drive_pattern};
const TextRule kHostPattern{"a host name that holds ${minio_seq}", is_host_pattern};
const TextRule kDomain{"a domain name", is_domain};
const TextRule kQuota{"a size such as 10GiB", is_quota};
const TextRule kStorageClass{"EC: and the number of parity drives, as EC:2", is_storage_class};
const TextRule kUserSecret{"8 to 512 bytes without control characters", is_user_secret};
const TextRule kEnvironmentName{"letters, digits and `_`, no digit first", is_environment_name};
const TextRule kEnvironmentValue{"text without control characters and without `{{`", is_environment_value};

std::string node_name(const MinioCluster& cluster, const std::string& number) { return host_at(cluster, number); }

std::string url_of(const MinioCluster& cluster, const std::string& host) {
    return (cluster.ca ? "https://" : "http://") + host_port(host, cluster.port);
}

std::string volumes_of(const MinioCluster& cluster) {
    if (!cluster.pools.empty()) {
        std::string all;
        for (const std::string& pool : cluster.pools) all += (all.empty() ? "" : " ") + pool;
        return all;
    }
    if (cluster.members.size() < 2) return cluster.data;
    const std::string numbers = "{" + cluster.members.begin()->first + "..." + cluster.members.rbegin()->first + "}";
    return url_of(cluster, host_at(cluster, numbers)) + cluster.data;
}

std::vector<std::string> drives_of(const MinioCluster& cluster) {
    if (cluster.pools.empty()) return expanded(cluster.data);
    std::vector<std::string> all;
    for (const std::string& pool : cluster.pools)
        for (std::string& drive : expanded(path_of_pool(pool)))
            if (std::ranges::find(all, drive) == all.end()) all.push_back(std::move(drive));
    return all;
}

bool is_distributed(const MinioCluster& cluster) { return cluster.members.size() > 1 || drives_of(cluster).size() > 1; }

Named<Bucket> buckets_of(const MinioCluster& cluster) {
    return cluster.buckets ? *cluster.buckets : Named<Bucket>{{kDefaultBucket, {}}};
}

Named<User> users_of(const MinioCluster& cluster) {
    return cluster.users ? *cluster.users : Named<User>{{kDefaultUser, {.policy = kDefaultBucket}}};
}

Named<std::string> policies_of(const MinioCluster& cluster) {
    Named<std::string> all = cluster.policies;
    for (const auto& [name, bucket] : buckets_of(cluster)) all.emplace(name, bucket_policy(name));
    return all;
}

std::set<std::string> policies_of(const User& user) {
    std::set<std::string> all = user.policies;
    if (user.policy) all.insert(*user.policy);
    return all;
}

bool is_built_in_policy(const std::string& name) {
    static const std::set<std::string> names{"consoleAdmin", "readwrite", "readonly", "writeonly", "diagnostics"};
    return names.contains(name);
}

std::int64_t bytes_of(const std::string& quota) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(quota.data(), quota.data() + quota.size(), number);
    const std::string unit(end, quota.data() + quota.size());
    static const std::map<std::string, std::int64_t> units{
        {"KB", 1000},       {"MB", 1000000},    {"GB", 1000000000}, {"TB", 1000000000000},
        {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"TiB", 1LL << 40}};
    const auto found = units.find(unit);
    return found == units.end() ? number : number * found->second;
}

Access access_of(const MinioCluster& cluster, const std::string& id) {
    Access access{.id = id,
                  .name = cluster.name,
                  .endpoints = {},
                  .domain = cluster.domain,
                  .region = cluster.region.value_or("us-east-1"),
                  .ca_fingerprint = cluster.ca ? cluster.ca->fingerprint : "",
                  .members = cluster.members};
    for (const auto& [number, address] : cluster.members) access.endpoints.push_back(url_of(cluster, address.address));
    return access;
}

}  // namespace pigsty::module::minio
