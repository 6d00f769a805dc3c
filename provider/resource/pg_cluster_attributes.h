// Declarations of pigsty_pg_cluster's attributes.
#pragma once

#include "core/module/pgsql/spec/spec.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::pgsql::PgCluster> pg_cluster_attributes();

}  // namespace pigsty::provider
