// What a user asks of a MinIO cluster, and what others are told of it.
//
//     claim.spec = write_json(cluster);
//     TRY(const MinioCluster cluster, read_json<MinioCluster>(claim.spec));
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/constraint.h"
#include "core/base/json_fields.h"
#include "core/base/member_key.h"
#include "core/base/problem.h"
#include "core/base/secret.h"
#include "core/module/ca/reference.h"
#include "core/module/platform/node_address_fields.h"
#include "core/node/node.h"

namespace pigsty::module::minio {

struct Bucket {
    bool versioning = false;
    bool object_lock = false;
    std::optional<std::string> quota{};  // "10GiB"
    bool operator==(const Bucket&) const = default;
};

struct User {
    std::optional<std::string> policy{};
    std::set<std::string> policies{};
    std::optional<Secret> secret_wo{};  // only in create, update and while planning; in no claim
    std::optional<std::int64_t> secret_wo_version{};
    bool operator==(const User&) const = default;
};

template <class T>
using Named = std::map<std::string, T>;

struct MinioCluster {
    std::string name;
    MemberMap<node::NodeAddress> members;
    std::string data = "/data/minio";  // "/data{1...4}": a range of drives
    std::vector<std::string> pools{};  // in place of what is derived from `data`
    std::string node_pattern = "${minio_cluster}-${minio_seq}.pigsty";
    std::string domain = "sss.pigsty";
    std::int64_t port = 9000;
    std::int64_t console_port = 9001;
    std::optional<ca::Reference> ca{};  // null: plaintext
    std::optional<std::string> region{};
    std::optional<std::string> storage_class{};  // "EC:2"
    std::map<std::string, std::string> environment{};
    std::optional<Named<Bucket>> buckets{};         // null: kDefaultBucket
    std::optional<Named<User>> users{};             // null: kDefaultUser
    std::map<std::string, std::string> policies{};  // JSON texts
    bool operator==(const MinioCluster&) const = default;
};

inline constexpr const char* kDefaultBucket = "pgsql";
inline constexpr const char* kDefaultUser = "pgbackrest";

// Attribute `access`: how to reach it. `members` tell where root commands can be run (SSH), `endpoints` what clients connect to.
struct Access {
    std::string id{};
    std::string name{};
    std::vector<std::string> endpoints{};  // "https://10.10.10.10:9000", in the order of the members
    std::string domain{};
    std::string region{};
    std::string ca_fingerprint{};  // empty: plaintext
    MemberMap<node::NodeAddress> members{};
    bool operator==(const Access&) const = default;
};

void fields(auto& visit, FieldsOf<Bucket> auto& bucket) {
    visit("versioning", bucket.versioning);
    visit("object_lock", bucket.object_lock);
    visit("quota", bucket.quota);
}

void fields(auto& visit, FieldsOf<User> auto& user) {
    visit("policy", user.policy);
    visit("policies", user.policies);
    visit("secret_wo_version", user.secret_wo_version);
}

void fields(auto& visit, FieldsOf<MinioCluster> auto& cluster) {
    visit("name", cluster.name);
    visit("members", cluster.members);
    visit("data", cluster.data);
    visit("pools", cluster.pools);
    visit("node_pattern", cluster.node_pattern);
    visit("domain", cluster.domain);
    visit("port", cluster.port);
    visit("console_port", cluster.console_port);
    visit("ca", cluster.ca);
    visit("region", cluster.region);
    visit("storage_class", cluster.storage_class);
    visit("environment", cluster.environment);
    visit("buckets", cluster.buckets);
    visit("users", cluster.users);
    visit("policies", cluster.policies);
}

void fields(auto& visit, FieldsOf<Access> auto& access) {
    visit("id", access.id);
    visit("name", access.name);
    visit("endpoints", access.endpoints);
    visit("domain", access.domain);
    visit("region", access.region);
    visit("ca_fingerprint", access.ca_fingerprint);
    visit("members", access.members);
}

extern const TextRule kBucketName;    // what S3 and pgBackRest take everywhere
extern const TextRule kObjectName;    // of users and policies: part of the name of a file
extern const TextRule kDrivePattern;  // "/data/minio", "/data{1...4}"
extern const TextRule kHostPattern;   // holds ${minio_seq}
extern const TextRule kDomain;
extern const TextRule kQuota;
extern const TextRule kStorageClass;
extern const TextRule kUserSecret;
extern const TextRule kEnvironmentName;
extern const TextRule kEnvironmentValue;

// --- what follows from it ---
std::string node_name(const MinioCluster& cluster, const std::string& number);  // "minio-1.pigsty"
std::string url_of(const MinioCluster& cluster, const std::string& host);       // "https://HOST:9000"
// "https://minio-{1...3}.pigsty:9000/data{1...2}", as MINIO_VOLUMES wants it.
std::string volumes_of(const MinioCluster& cluster);
// The folders that a member keeps its data in.
std::vector<std::string> drives_of(const MinioCluster& cluster);
// More than one drive: the server wants file systems of their own.
bool is_distributed(const MinioCluster& cluster);

Named<Bucket> buckets_of(const MinioCluster& cluster);
Named<User> users_of(const MinioCluster& cluster);
// Those of `policies`, and one for each bucket, called like it: all rights on that bucket alone.
Named<std::string> policies_of(const MinioCluster& cluster);
std::set<std::string> policies_of(const User& user);
bool is_built_in_policy(const std::string& name);
std::int64_t bytes_of(const std::string& quota);

Access access_of(const MinioCluster& cluster, const std::string& id);

std::vector<Problem> problems_of(const MinioCluster& cluster);

}  // namespace pigsty::module::minio
