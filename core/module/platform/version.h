// Versions as packages carry them, compared with what upstream calls them in Debian's order (core/item/deb_version.h).
//
//     at_least("1:3.5.16-4+deb13u1", "3.5.28")       // false
//     at_least("3.5.28~rc1-1", "3.5.28")             // false
#pragma once

#include <string>
#include <string_view>

#include "core/item/deb_version.h"

namespace pigsty::module::platform {

using Version = std::string;

// An epoch is the packager's, not upstream's: it does not count.
inline bool at_least(std::string_view version, std::string_view minimum) {
    return item::compare_deb_versions(item::upstream_version(version), minimum) >= 0;
}

}  // namespace pigsty::module::platform
