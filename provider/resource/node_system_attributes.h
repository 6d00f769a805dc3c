// What a user sets of one machine's kernel and logins: limits, modules, swap.
#pragma once

#include "core/module/node/spec.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::machine::Machine> node_system_attributes();

}  // namespace pigsty::provider
