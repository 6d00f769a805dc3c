// What of a node's packages a module needs, by component.
//
//     package_items({Component::patroni, Component::haproxy}, platform_at(site.node))
//     package_items({Component::postgresql}, platform, {.postgresql = 17, .more = {"postgresql-17-repack"}})
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/item/item.h"
#include "core/module/platform/platform.h"

namespace pigsty::module::platform {

struct PackageChoice {
    std::int64_t postgresql = 0;   // the major version; of PostgreSQL alone
    std::set<std::string> more{};  // packages beside those of the components
    RequiredVersions least{};      // where this one wants more than everybody does
};

// The versions that they must have at least, then the packages.
item::Items package_items(const std::vector<Component>& components, const Platform& platform,
                          const PackageChoice& choice = {});

}  // namespace pigsty::module::platform
