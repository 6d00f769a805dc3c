// The steps that make a MinIO cluster, or keep one.
#pragma once

#include <vector>

#include "core/converge/run.h"
#include "core/converge/step.h"
#include "core/module/minio/objects.h"
#include "core/module/minio/spec.h"

namespace pigsty::module::minio {

// The claim's kind.
inline constexpr const char* kKind = "minio_cluster";

std::vector<converge::Member> members_of(const MinioCluster& cluster);
// `connect`: null while planning.
converge::Table table_of(const MinioCluster& cluster, const node::Connect& connect, const Changes& changes = {});
// Runs before everything in the claims is undone: stops the members, removes their data.
converge::Table removal_of(const MinioCluster& cluster);
// Entries of `managed` for what is on no node: "minio bucket pgsql".
converge::Managed managed_objects(const MinioCluster& cluster);
// Sentences for last_change.
std::vector<std::string> objects_forecast(const MinioCluster& prior, const MinioCluster& planned,
                                          const std::vector<std::string>& drift);

}  // namespace pigsty::module::minio
