// The machine's clock: chrony.
#pragma once

#include "core/base/result.h"
#include "core/item/item.h"
#include "core/module/node/spec.h"

namespace pigsty::module::machine {

// "HOST" or "pool HOST".
Status check_time_source(std::string_view source);

// The package and chrony's service, with files of ours beside its own: chrony.conf stays as the package has it, with the pool of
// the distribution. Sources are read by a reload, what is served by a restart.
item::Items time_items(const Ntp& ntp);

}  // namespace pigsty::module::machine
