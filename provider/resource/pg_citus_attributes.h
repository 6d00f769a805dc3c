// `citus` of a PostgreSQL cluster: which group of which shard it is.
#pragma once

#include "core/module/pgsql/spec/citus.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::pgsql::Citus> pg_citus_attributes();

}  // namespace pigsty::provider
