// Declarations of pigsty_pg_cluster's attributes.
#pragma once

#include "core/module/pgsql/services.h"
#include "core/module/pgsql/spec.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::pgsql::PgCluster> pg_cluster_attributes();

// `connection` as users and databases take it: their `cluster`.
framework::Attributes<module::pgsql::Connection> pg_connection_attributes();
framework::Attributes<module::pgsql::Endpoint> pg_endpoint_attributes();

}  // namespace pigsty::provider
