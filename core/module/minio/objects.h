// Acts on what MinIO itself keeps: secrets of its users, then buckets, policies and users. Each looks before it changes anything.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/converge/step.h"
#include "core/module/minio/look.h"
#include "core/module/minio/spec.h"

namespace pigsty::module::minio {

// What an update does beyond the specification: names that it no longer has.
struct Changes {
    std::set<std::string> buckets{}, users{}, policies{};  // to be removed
    // Drift that is tolerated: a sentence.
    std::function<bool(const std::string&)> leaves_alone{};
    [[nodiscard]] bool removes() const { return !buckets.empty() || !users.empty() || !policies.empty(); }
};
Changes changes_between(const MinioCluster& prior, const MinioCluster& planned);

// The root password and the users' secrets on every member: made, or kept as given.
Status keep_secrets(const MinioCluster& cluster, converge::StepContext& context);
// Waits until the cluster takes writes.
Status wait_until_it_serves(const MinioCluster& cluster, converge::Site& site, converge::StepContext& context);
Status converge_objects(const MinioCluster& cluster, const Changes& changes, converge::Site& site,
                        converge::StepContext& context);

}  // namespace pigsty::module::minio
