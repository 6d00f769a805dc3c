// Debian's order of versions (deb-version(7)): epoch, upstream version, revision; "~" sorts before everything, even the end.
//
//     compare_deb_versions("3.5.28~rc1-1", "3.5.28-1") < 0
//     compare_deb_versions("0:1.0-1", "1.0-1") == 0
#pragma once

#include <string_view>

namespace pigsty::item {

// Less than, equal to or greater than 0.
int compare_deb_versions(std::string_view a, std::string_view b);

// What upstream called it: without epoch and revision. "1:4.0.7-3~deb13u1" → "4.0.7".
std::string_view upstream_version(std::string_view version);

}  // namespace pigsty::item
