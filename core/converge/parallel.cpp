#include "core/converge/parallel.h"

#include <atomic>
#include <mutex>
#include <thread>

#include <fmt/format.h>

namespace pigsty::converge {

Errors for_all(std::size_t count, std::size_t most, const std::function<Status(std::size_t)>& work) {
    Errors errors;
    std::mutex mutex;
    std::atomic<std::size_t> next = 0;
    const auto loop = [&] {
        for (std::size_t i = next++; i < count; i = next++) {
            auto status = work(i);
            if (status) continue;
            const std::lock_guard lock(mutex);
            errors.emplace(i, std::move(status).error());
        }
    };
    const std::size_t threads = std::min(count, std::max<std::size_t>(most, 1));
    if (threads <= 1) {
        loop();
        return errors;
    }
    {
        std::vector<std::jthread> workers;
        workers.reserve(threads);
        for (std::size_t i = 0; i < threads; ++i) workers.emplace_back(loop);
    }
    return errors;
}

Errors for_all(const Sites& sites, std::size_t most, const std::function<Status(Site&)>& work) {
    return for_all(sites.size(), most, [&](std::size_t i) -> Status {
        auto status = work(*sites[i]);
        // Members are what users know; an address that a lower layer put there says less.
        if (!status) status.error().host = sites[i]->member.name;
        return status;
    });
}

Error first_of(const Errors& errors) {
    Error first = errors.begin()->second;
    std::string others;
    for (auto it = std::next(errors.begin()); it != errors.end(); ++it) {
        others += fmt::format("\n{}: {}", it->second.host, it->second.message);
    }
    if (!others.empty()) first.with_output(first.output + "\nand on other members:" + others);
    return first;
}

}  // namespace pigsty::converge
