// What no single attribute's check can see.
#include <set>

#include "core/module/minio/policy.h"
#include "core/module/minio/spec.h"

namespace pigsty::module::minio {
namespace {

// What other attributes say, and what must not be given in the open.
const std::map<std::string, std::string>& owned_variables() {
    static const std::map<std::string, std::string> all{{"MINIO_OPTS", "port and console_port"},
                                                        {"MINIO_VOLUMES", "data or pools"},
                                                        {"MINIO_ADDRESS", "port"},
                                                        {"MINIO_CONSOLE_ADDRESS", "console_port"},
                                                        {"MINIO_REGION", "region"},
                                                        {"MINIO_SITE_REGION", "region"},
                                                        {"MINIO_STORAGE_CLASS_STANDARD", "storage_class"},
                                                        {"MINIO_ROOT_USER", "nothing: it is made on the nodes"},
                                                        {"MINIO_ROOT_PASSWORD", "nothing: it is made on the nodes"},
                                                        {"MINIO_ACCESS_KEY", "nothing: it is made on the nodes"},
                                                        {"MINIO_SECRET_KEY", "nothing: it is made on the nodes"}};
    return all;
}

std::string at(const std::string& map, const std::string& key) { return map + "[\"" + key + "\"]"; }

void check_numbers(const MinioCluster& cluster, std::vector<Problem>& problems) {
    if (!cluster.pools.empty() || cluster.members.size() < 2) return;
    std::int64_t next = -1;
    for (const auto& [number, address] : cluster.members) {
        if (!is_member_key(number) || number.size() > 6) return;
        const std::int64_t found = std::stoll(number);
        if (next >= 0 && found != next) {
            problems.push_back({"members",
                                "expected members with numbers that follow each other, found none with " +
                                    std::to_string(next) + " before " + number,
                                "the volumes are written as a range of the members' numbers, which has no gaps: "
                                "renumber them, or give `pools`"});
            return;
        }
        next = found + 1;
    }
}

void check_drives(const MinioCluster& cluster, std::vector<Problem>& problems) {
    for (std::size_t i = 0; i < cluster.pools.size(); ++i) {
        MinioCluster one = cluster;
        one.pools = {cluster.pools[i]};
        for (const std::string& drive : drives_of(one)) {
            if (kDataFolder.holds(drive)) continue;
            problems.push_back({"pools[" + std::to_string(i) + "]",
                                "expected a pool whose path is " + std::string(kDataFolder.expected) +
                                    ", with at most one range of 2 to 64, found \"" + cluster.pools[i] + "\"",
                                "write it as MINIO_VOLUMES has it: https://minio-{1...4}.pigsty:9000/data{1...4}"});
            break;
        }
    }
}

void check_users(const MinioCluster& cluster, std::vector<Problem>& problems) {
    const auto policies = policies_of(cluster);
    for (const auto& [name, user] : users_of(cluster)) {
        const std::string path = cluster.users ? at("users", name) : "users";
        for (const std::string& policy : policies_of(user)) {
            if (policies.contains(policy) || is_built_in_policy(policy)) continue;
            problems.push_back(
                {path + (user.policy == policy ? ".policy" : ".policies"),
                 "expected the name of a bucket, of one of `policies` or of a built-in policy, found \"" + policy +
                     "\"",
                 cluster.users ? "declare the bucket or the policy"
                               : "the default user has rights on the default bucket: write `users`"});
        }
        if (user.secret_wo.has_value() != user.secret_wo_version.has_value())
            problems.push_back({path + (user.secret_wo ? ".secret_wo_version" : ".secret_wo"),
                                "expected `secret_wo` and `secret_wo_version` together or neither, found one alone",
                                "set both, or none: then the secret is made on the nodes"});
    }
}

void check_policies(const MinioCluster& cluster, std::vector<Problem>& problems) {
    const auto buckets = buckets_of(cluster);
    for (const auto& [name, text] : cluster.policies) {
        const std::string path = at("policies", name);
        if (buckets.contains(name))
            problems.push_back({path, "expected another name than that of a bucket, whose policy is made for it",
                                "call the policy otherwise"});
        else if (is_built_in_policy(name))
            problems.push_back(
                {path, "expected another name than that of a built-in policy", "call the policy otherwise"});
        if (!policy_meaning(text))
            problems.push_back({path,
                                "expected a policy as JSON: an object with `Statement`, of objects with `Effect` "
                                "and `Action`",
                                "use jsonencode({ Version = \"2012-10-17\", Statement = [ … ] })"});
    }
}

}  // namespace

std::vector<Problem> problems_of(const MinioCluster& cluster) {
    std::vector<Problem> problems;
    check_numbers(cluster, problems);
    check_drives(cluster, problems);
    check_users(cluster, problems);
    check_policies(cluster, problems);
    if (cluster.port == cluster.console_port)
        problems.push_back({"console_port",
                            "expected ports of their own for S3 and for the console, found " +
                                std::to_string(cluster.port) + " for both",
                            "set another `console_port`"});
    for (const auto& [name, value] : cluster.environment)
        if (const auto owned = owned_variables().find(name); owned != owned_variables().end())
            problems.push_back({at("environment", name), "expected no variable that belongs elsewhere, found " + name,
                                "it follows from " + owned->second});
    for (const auto& [name, bucket] : buckets_of(cluster))
        if (bucket.object_lock && !bucket.versioning)
            problems.push_back({at("buckets", name) + ".versioning",
                                "expected true where `object_lock` is, found false: a lock is on versions",
                                "set versioning = true"});
    return problems;
}

}  // namespace pigsty::module::minio
