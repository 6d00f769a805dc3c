#include "provider/data_source/minio_cluster.h"

#include "core/module/minio/table.h"
#include "provider/data_source/find_cluster.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using module::minio::MinioCluster;
using MinioMember = module::minio::MemberOverview;

Attributes<MinioMember> minio_member_attributes() {
    return {
        attribute("name", &MinioMember::name).computed().description("Its name, as `minio-2`."),
        attribute("address", &MinioMember::address).computed().description("Its address."),
        attribute("state", &MinioMember::state)
            .computed()
            .description("`online`, `offline` and so on, as the others see it; empty where nobody could be asked."),
        attribute("drives_online", &MinioMember::drives_online).computed().description("Its drives that work."),
        attribute("drives_offline", &MinioMember::drives_offline).computed().description("Its drives that do not."),
    };
}

Attributes<MinioBucketView> minio_bucket_attributes() {
    return {
        attribute("versioning", &MinioBucketView::versioning).computed().description("`on`, `off` or `suspended`."),
        attribute("object_lock", &MinioBucketView::object_lock).computed().description("Objects can be locked."),
        attribute("quota_bytes", &MinioBucketView::quota_bytes)
            .computed()
            .description("Most that it may hold; null: no limit."),
        attribute("is_empty", &MinioBucketView::is_empty).computed().description("Holds no object and no version."),
    };
}

Attributes<MinioUserView> minio_user_attributes() {
    return {
        attribute("enabled", &MinioUserView::enabled).computed().description("May log in."),
        attribute("policies", &MinioUserView::policies).computed().description("Its policies."),
    };
}

MinioBucketView view_of(const module::minio::BucketLook& bucket) {
    return {.versioning = bucket.versioning == "Enabled" ? "on"
                          : bucket.versioning.empty()    ? "off"
                                                         : "suspended",
            .object_lock = bucket.object_lock,
            .quota_bytes = bucket.quota,
            .is_empty = bucket.objects == 0};
}

}  // namespace

framework::Declaration<MinioClusterView> MinioClusterDataSource::declare() const {
    return {.description =
                "What a MinIO cluster is and does right now: members, drives, and those buckets and users that "
                "its resource declares. It is found by its name on its own machines.",
            .subcategory = "MinIO",
            .attributes = {
                cluster_to_find(&MinioClusterView::name, &MinioClusterView::nodes, &MinioClusterView::id, "\"minio\""),
                attribute("serves", &MinioClusterView::serves).computed().description("It takes writes."),
                attribute("parity", &MinioClusterView::parity)
                    .computed()
                    .description("How many drives of an erasure set may fail."),
                nested("members", &MinioClusterView::members, minio_member_attributes())
                    .computed()
                    .description("The members by number."),
                nested("buckets", &MinioClusterView::buckets, minio_bucket_attributes())
                    .computed()
                    .description("Declared buckets that are there, by name."),
                nested("users", &MinioClusterView::users, minio_user_attributes())
                    .computed()
                    .description("Declared users that are there, by access key."),
                object("access", &MinioClusterView::access, minio_access_attributes())
                    .computed()
                    .description("How others reach this cluster."),
            }};
}

Result<MinioClusterView> MinioClusterDataSource::read(const MinioClusterView& config, framework::Call& call) const {
    const Fleet& fleet = *call.provider<Fleet>();
    const Wanted wanted{.kind = module::minio::kKind, .what = "MinIO cluster", .name = config.name};
    TRY(const auto found, find_cluster<MinioCluster>(wanted, config.nodes, fleet, call.cancel));
    module::minio::Overview overview;
    std::optional<Error> silent;
    for (const auto& [number, address] : found.spec.members) {
        const auto seen = [&]() -> Result<node::Observation> {
            TRY(const node::NodePtr node, fleet.connect(address, call.cancel, node::Reach::read));
            return node->observe(module::minio::overview_probes(found.spec), call.cancel);
        }();
        TRY_VOID(call.cancel.check("looking at " + config.name));
        if (!seen) {
            silent = seen.error();
            continue;
        }
        overview = module::minio::overview_of(found.spec, *seen);
        if (overview.serves) break;
    }
    if (overview.members.empty() && silent) return fail(std::move(*silent));
    MinioClusterView view;
    view.name = config.name;
    view.nodes = config.nodes;
    view.id = found.id;
    view.serves = overview.serves;
    view.parity = overview.parity;
    view.members = overview.members;
    for (const auto& [name, bucket] : overview.look.buckets) view.buckets.emplace(name, view_of(bucket));
    for (const auto& [name, user] : overview.look.users)
        view.users.emplace(name, MinioUserView{.enabled = user.enabled, .policies = user.policies});
    view.access = module::minio::access_of(found.spec, found.id);
    return view;
}

}  // namespace pigsty::provider
