// Objects of PostgreSQL clusters that resources, data sources and functions declare alike.
//
//     object("connection", &State::connection, pg_connection_attributes()).computed().description("…")
#pragma once

#include "core/module/pgsql/cluster/services.h"
#include "core/module/pgsql/spec/failover.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/render/hba_rule.h"
#include "core/render/sizing.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

// `connection` as users and databases take it: their `cluster`.
framework::Attributes<module::pgsql::Connection> pg_connection_attributes();
framework::Attributes<module::pgsql::Endpoint> pg_endpoint_attributes();
framework::Attributes<module::pgsql::Failover> pg_failover_attributes();
framework::Attributes<render::HbaRule> hba_rule_attributes();
framework::Attributes<render::Networks> network_attributes();
framework::Attributes<render::Sizing> sizing_attributes();

}  // namespace pigsty::provider
