// `vip` and `patroni` of a PostgreSQL cluster, as a user writes them.
#pragma once

#include "core/module/pgsql/spec/spec.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::pgsql::Vip> vip_attributes();
framework::Attributes<module::pgsql::PatroniOptions> patroni_attributes();

}  // namespace pigsty::provider
