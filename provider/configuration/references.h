// What one resource tells another of itself: `ref` of an authority, `access` of an etcd cluster. (Of PostgreSQL clusters:
// pg_objects.h.)
//
//     object("ca", &EtcdCluster::ca, ca_reference_attributes()).required().description("…")
#pragma once

#include "core/module/ca/reference.h"
#include "core/module/etcd/spec.h"
#include "core/module/minio/spec.h"
#include "core/module/redis/spec.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

// `ref` of pigsty_ca: the `ca` of everything that wants certificates.
framework::Attributes<module::ca::Reference> ca_reference_attributes();
// `access` of pigsty_etcd_cluster: the `dcs` of pigsty_pg_cluster.
framework::Attributes<module::etcd::Access> etcd_access_attributes();
// `access` of pigsty_minio_cluster: the `backup.repository` of pigsty_pg_cluster.
framework::Attributes<module::minio::Access> minio_access_attributes();
// `endpoints` and `access` of pigsty_redis_cluster.
framework::Attributes<module::redis::Endpoint> redis_endpoint_attributes();
framework::Attributes<module::redis::Access> redis_access_attributes();

}  // namespace pigsty::provider
