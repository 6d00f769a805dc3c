// for_all: the same work on many members at once, at most `most` at a time; all of them end before it returns.
//
//     const auto errors = for_all(sites, 32, [&](Site& site) { return write(site); });   // by member name
//     if (!errors.empty()) return fail(first_of(errors));
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/converge/step.h"

namespace pigsty::converge {

using Sites = std::vector<std::shared_ptr<Site>>;
// Index of the site in `sites` → its error.
using Errors = std::map<std::size_t, Error>;

Errors for_all(std::size_t count, std::size_t most, const std::function<Status(std::size_t)>& work);
Errors for_all(const Sites& sites, std::size_t most, const std::function<Status(Site&)>& work);

// The first, in order of the members; its message tells how many others failed.
Error first_of(const Errors& errors);

}  // namespace pigsty::converge
