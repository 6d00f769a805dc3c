// `default_roles` of a PostgreSQL cluster, as a user writes them.
#pragma once

#include "core/module/pgsql/spec/spec.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::pgsql::Role> pg_default_role_attributes();

}  // namespace pigsty::provider
