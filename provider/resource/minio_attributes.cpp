#include "provider/resource/minio_attributes.h"

#include "provider/framework/validators.h"
#include "provider/resource/module_attributes.h"

namespace pigsty::provider {
namespace {

using module::minio::Bucket;
using module::minio::MinioCluster;
using module::minio::User;

constexpr const char* kMoveTo = "make a cluster of another name and copy the objects over (mc mirror)";

Attributes<Bucket> bucket_attributes() {
    return {
        attribute("versioning", &Bucket::versioning)
            .fixed_default(false)
            .description("Keeps versions of its objects. Off after it was on: suspended, old versions stay."),
        attribute("object_lock", &Bucket::object_lock)
            .fixed_default(false)
            .description("Objects can be locked against removal. For life; wants `versioning`."),
        attribute("quota", &Bucket::quota)
            .optional()
            .validate(framework::follows(module::minio::kQuota))
            .example("\"10GiB\"")
            .description("Most that it may hold. Not set: no limit."),
    };
}

Attributes<User> bucket_user_attributes() {
    return {
        attribute("policy", &User::policy)
            .optional()
            .description("Name of a bucket (all rights on it), of one of `policies`, or of a built-in policy."),
        attribute("policies", &User::policies).optional().description("More of them."),
        attribute("secret_wo", &User::secret_wo)
            .optional()
            .write_only()
            .sensitive()
            .validate(framework::follows(module::minio::kUserSecret))
            .description("Its secret key, never stored in a state or a plan; root only on the members. Counts when "
                         "`secret_wo_version` changes. Not set: made on the nodes."),
        attribute("secret_wo_version", &User::secret_wo_version)
            .optional()
            .validate(framework::between(1, 1000000000))
            .description("Any number; another one makes `secret_wo` count anew."),
    };
}

Attributes<MinioCluster> storage_attributes() {
    return {
        attribute("data", &MinioCluster::data)
            .fixed_default(MinioCluster().data)
            .fixed_after_creation(kMoveTo)
            .validate(framework::follows(module::minio::kDrivePattern))
            .example("\"/data{1...4}\"")
            .description(
                "Where every member keeps its data: a folder, or one numeric range of them. With more than one "
                "drive in the cluster each must be on a file system of its own."),
        attribute("pools", &MinioCluster::pools)
            .optional()
            .fixed_after_creation(kMoveTo)
            .validate(framework::each(framework::matches("[A-Za-z0-9.:/{}_-]+", "a pool as MINIO_VOLUMES has it")))
            .example("[\"https://minio-{1...4}.pigsty:9000/data{1...4}\"]")
            .description("Pools as `MINIO_VOLUMES` has them, in place of what follows from members and `data`."),
        attribute("node_pattern", &MinioCluster::node_pattern)
            .fixed_default(MinioCluster().node_pattern)
            .fixed_after_creation(kMoveTo)
            .validate(framework::follows(module::minio::kHostPattern))
            .description("Names by which members find each other, through a block in their `/etc/hosts`; their "
                         "certificates carry them."),
        attribute("storage_class", &MinioCluster::storage_class)
            .optional()
            .validate(framework::follows(module::minio::kStorageClass))
            .example("\"EC:2\"")
            .description("Parity of new objects. Not set: MinIO's choice for the number of drives."),
    };
}

Attributes<MinioCluster> cluster_attributes_of_minio() {
    return {
        cluster_name_attribute(&MinioCluster::name)
            .example("\"minio\"")
            .description("Name of the cluster. Members are called `<name>-<number>`."),
        members_attribute("members", &MinioCluster::members, 32)
            .example("{ 1 = { address = \"10.10.10.10\" } }")
            .description("Members by number, without gaps. All of them start together."),
        storage_attributes(),
        attribute("domain", &MinioCluster::domain)
            .fixed_default(MinioCluster().domain)
            .validate(framework::follows(module::minio::kDomain))
            .description("Name that clients use; the certificates carry it, nothing here resolves it."),
        port_attribute("port", &MinioCluster::port).description("Port of S3."),
        port_attribute("console_port", &MinioCluster::console_port).description("Port of the web console."),
        object("ca", &MinioCluster::ca, ca_reference_attributes())
            .optional()
            .example("pigsty_ca.this.ref")
            .description("The authority that signs the members' certificates. Not set: plaintext."),
        attribute("region", &MinioCluster::region)
            .optional()
            .validate(framework::matches("[a-z0-9-]{1,32}", "lower-case letters, digits and hyphens"))
            .description("S3's region. Not set: `us-east-1`, and any is accepted."),
        nested("buckets", &MinioCluster::buckets, bucket_attributes())
            .optional()
            .validate(framework::keys(framework::follows(module::minio::kBucketName)))
            .example("{ pgsql = {}, meta = { versioning = true } }")
            .description("Buckets by name. Not set: `pgsql`. One that holds objects is never removed. Buckets that are "
                         "not named here are left alone."),
        nested("users", &MinioCluster::users, bucket_user_attributes())
            .optional()
            .validate(framework::keys(framework::follows(module::minio::kObjectName)))
            .example("{ pgbackrest = { policy = \"pgsql\" } }")
            .description("Users by their access key. Not set: `pgbackrest` with all rights on bucket `pgsql` alone. A "
                         "user has exactly these policies."),
        attribute("policies", &MinioCluster::policies)
            .optional()
            .validate(framework::keys(framework::follows(module::minio::kObjectName)))
            .description(
                "Policies by name, as JSON; compared by meaning. Each bucket has one of its own name besides."),
        attribute("environment", &MinioCluster::environment)
            .optional()
            .validate(framework::keys(framework::follows(module::minio::kEnvironmentName)))
            .validate(framework::each(framework::follows(module::minio::kEnvironmentValue)))
            .example("{ MINIO_SCANNER_SPEED = \"slow\" }")
            .description("Variables of the server beside ours. A change restarts all members at once. Not for secrets: "
                         "they are in the state."),
    };
}

}  // namespace

Attributes<MinioState> minio_attributes() {
    return {
        within(&MinioState::spec, cluster_attributes_of_minio()),
        object("access", &MinioState::access, minio_access_attributes())
            .computed()
            .description("How others reach this cluster."),
        within(&MinioState::common, framework::common_attributes({.ignore_example = "[\"minio bucket *\"]"})),
    };
}

}  // namespace pigsty::provider
