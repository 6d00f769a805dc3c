// What a MinIO cluster is and does right now: asked of one member that serves.
//
//     const Overview seen = overview_of(cluster, observation);
#pragma once

#include <cstdint>
#include <string>

#include "core/base/member_key.h"
#include "core/module/minio/look.h"
#include "core/module/minio/spec.h"
#include "core/node/probe.h"

namespace pigsty::module::minio {

struct MemberOverview {
    std::string name;  // "minio-2"
    std::string address;
    std::string state;  // "online", "offline", …; empty where nobody could be asked
    std::int64_t drives_online = 0;
    std::int64_t drives_offline = 0;
    bool operator==(const MemberOverview&) const = default;
};

struct Overview {
    bool serves = false;  // it takes writes
    std::int64_t parity = 0;
    MemberMap<MemberOverview> members;
    Look look{};
};

// Both travel in one request.
node::Probes overview_probes(const MinioCluster& cluster);
Overview overview_of(const MinioCluster& cluster, const node::Observation& seen);

}  // namespace pigsty::module::minio
