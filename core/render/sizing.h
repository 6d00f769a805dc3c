// Sizing: what templates are a function of, and nothing else (behaviour 6).
#pragma once

#include <cstdint>

namespace pigsty::render {

inline constexpr std::int64_t kLeastMemoryMb = 256;

struct Sizing {
    std::int64_t cpu = 0;
    std::int64_t memory_mb = 0;
    std::int64_t disk_gb = 0;
    bool operator==(const Sizing&) const = default;
};

// Facts of the smallest member, rounded down so that a kernel update changes nothing: memory to 256 MB, disk to 10 GB.
// At least 1 CPU, 256 MB and 10 GB.
Sizing rounded(Sizing facts);

}  // namespace pigsty::render
