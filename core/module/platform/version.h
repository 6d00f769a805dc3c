// Versions as packages carry them, compared by what upstream calls them.
//
//     parse_version("1:3.5.16-4+deb13u1") < parse_version("3.5.28")      // true
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pigsty::module::platform {

// Numbers of the upstream version: "1:4.0.7-3~deb13u1" → {4, 0, 7}. What follows the last number is left out (~beta1).
using Version = std::vector<int>;

Version parse_version(std::string_view text);
std::string to_string(const Version& version);
// {3, 5} and {3, 5, 0} are the same.
int compare(const Version& a, const Version& b);
inline bool at_least(const Version& version, const Version& minimum) { return compare(version, minimum) >= 0; }

}  // namespace pigsty::module::platform
