#include "core/render/sizing.h"

#include <algorithm>

namespace pigsty::render {

Sizing rounded(Sizing facts) {
    const auto down = [](std::int64_t value, std::int64_t step) { return std::max(value / step * step, step); };
    return {.cpu = down(facts.cpu, 1), .memory_mb = down(facts.memory_mb, 256), .disk_gb = down(facts.disk_gb, 10)};
}

}  // namespace pigsty::render
