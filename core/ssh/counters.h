// Counters: what a session did since it was opened. Tests and benches assert on these instead of on clocks.
//
//     session->counters().channels      // commands started so far
#pragma once

#include <atomic>
#include <cstdint>

namespace pigsty::ssh {

struct Counters {
    std::atomic<std::uint64_t> bytes_in{0};  // as they came over the wire, encrypted
    std::atomic<std::uint64_t> bytes_out{0};
    std::atomic<std::uint64_t> channels{0};  // opened so far
};

}  // namespace pigsty::ssh
