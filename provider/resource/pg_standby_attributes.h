// `standby` of a PostgreSQL cluster, as a user writes it.
#pragma once

#include "core/module/pgsql/spec/standby.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::pgsql::Standby> pg_standby_attributes();

}  // namespace pigsty::provider
