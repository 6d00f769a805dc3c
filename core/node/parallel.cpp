#include "core/node/parallel.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

#include "core/base/contained.h"

namespace pigsty::node {

std::vector<Status> in_parallel(std::size_t count, std::size_t limit,
                                const std::function<Status(std::size_t)>& function) {
    std::vector<Status> statuses(count);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < count; i = next++) statuses[i] = contained([&] { return function(i); });
    };
    std::vector<std::jthread> others;
    const auto threads = std::min(count, std::max<std::size_t>(limit, 1));
    for (std::size_t i = 1; i < threads; ++i) {
        try {
            others.emplace_back(work);
        } catch (const std::system_error&) {
            break;  // no more threads to be had: those that are there do it all
        }
    }
    work();          // the caller is one of them
    others.clear();  // joins before the statuses are read
    return statuses;
}

Status first_failure(const std::vector<Status>& statuses) {
    const auto failed = std::ranges::find_if(statuses, [](const Status& status) { return !status.has_value(); });
    return failed == statuses.end() ? Status{} : *failed;
}

}  // namespace pigsty::node
