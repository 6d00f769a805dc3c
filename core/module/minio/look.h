// What MinIO itself says of buckets, users and policies, asked on one member that serves. Told as drift, and what an apply
// goes by: the differences of this look are what it changes, and no others.
//
//     const Look look = read_look(seen.command(look_probe(cluster).key));
//     for (const Difference& difference : differences(cluster, look)) sentences.push_back(difference.sentence(cluster));
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/item/item.h"
#include "core/module/minio/spec.h"
#include "core/node/probe.h"

namespace pigsty::module::minio {

struct BucketLook {
    std::string versioning{};  // "", "Enabled", "Suspended"
    bool object_lock = false;
    std::optional<std::int64_t> quota{};  // bytes
    std::int64_t objects = 0;             // versions, too; kMostCounted: that many or more
};
inline constexpr std::int64_t kMostCounted = 1000;

enum class Login { works, other_secret, no_such_user, unknown };

struct UserLook {
    bool enabled = true;
    std::set<std::string> policies{};
    Login login = Login::unknown;
};

struct Look {
    bool asked = false;   // the member had something to ask with
    bool serves = false;  // and the cluster answered
    std::map<std::string, BucketLook> buckets{};
    std::map<std::string, UserLook> users{};
    std::map<std::string, std::string> policies{};  // their text
};

node::Probe look_probe(const MinioCluster& cluster);
Look read_look(std::string_view said);
// Stands in the first member's claim, so that the one look at everything there answers it, too.
item::ItemPtr look_item(const MinioCluster& cluster);

enum class Kind { bucket, user, policy };
struct Difference {
    Kind kind;
    std::string name;
    std::string text;  // "versioning is off, expected on"
    [[nodiscard]] std::string sentence(
        const MinioCluster& cluster) const;  // "minio bucket pgsql: versioning is off, …"
};
std::string_view word(Kind kind);
std::vector<Difference> differences(const MinioCluster& cluster, const Look& look);

}  // namespace pigsty::module::minio
