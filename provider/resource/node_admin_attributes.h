// `admin` of a machine, as a user writes it.
#pragma once

#include "core/module/node/spec.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::machine::Admin> node_admin_attributes();

}  // namespace pigsty::provider
