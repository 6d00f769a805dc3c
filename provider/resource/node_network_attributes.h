// What a user sets of the services that one machine asks, and lets others ask: name servers, time, firewall.
#pragma once

#include "core/module/node/spec.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::machine::Machine> node_network_attributes();

}  // namespace pigsty::provider
