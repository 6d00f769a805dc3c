// in_parallel: calls f(0) … f(count - 1), at most `limit` at a time, and waits for all of them.
//
//     const auto statuses = in_parallel(nodes.size(), 32, [&](std::size_t i) { return write(*nodes[i]); });
//     TRY_VOID(first_failure(statuses));
//
// What f throws is the error of its own index (core/base/contained.h): the others go on.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "core/base/result.h"

namespace pigsty::node {

std::vector<Status> in_parallel(std::size_t count, std::size_t limit,
                                const std::function<Status(std::size_t)>& function);

// The first of them that is an error, else success.
Status first_failure(const std::vector<Status>& statuses);

}  // namespace pigsty::node
