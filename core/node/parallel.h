// in_parallel: calls f(0) … f(count - 1), at most `limit` at a time, and waits for all of them.
//
//     in_parallel(nodes.size(), 32, [&](std::size_t i) { results[i] = nodes[i]->observe_now(probes, cancel); });
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace pigsty::node {

template <class Function>
void in_parallel(std::size_t count, std::size_t limit, const Function& function) {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < count; i = next++) function(i);
    };
    std::vector<std::jthread> others;
    const auto threads = std::min(count, std::max<std::size_t>(limit, 1));
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
    work();  // the caller is one of them
}

}  // namespace pigsty::node
