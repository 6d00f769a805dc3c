#include "core/converge/for_all.h"

#include <fmt/format.h>

#include "core/base/contained.h"
#include "core/node/parallel.h"

namespace pigsty::converge {

Errors for_all(std::size_t count, std::size_t most, const std::function<Status(std::size_t)>& work) {
    Errors errors;
    const auto statuses = node::in_parallel(count, most, work);
    for (std::size_t i = 0; i < statuses.size(); ++i)
        if (!statuses[i]) errors.emplace(i, statuses[i].error());
    return errors;
}

Errors for_all(const Sites& sites, std::size_t most, const std::function<Status(Site&)>& work) {
    return for_all(sites.size(), most, [&](std::size_t i) -> Status {
        auto status = contained([&] { return work(*sites[i]); });
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
