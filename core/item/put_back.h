// Put back: keeps the content of files while they are replaced, until a check or the service that reads them agrees.
//
//     script += keep_script(paths);               // before the writes
//     …                                           // writes, reload
//     script += "if reload; then " + forget_script(paths) + "; else " + put_back_script(paths) + "; fi";
//
// The copies live in /run/pigsty/put-back (root, 0700) for the length of one request; what did not exist is removed again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pigsty::item {

// Each is a list of sh commands, one a line, without `set -e` of its own. Copies of another `keeper` are left alone: a check
// within a delivery forgets its own, not those that the delivery's handlers may still need.
std::string keep_script(const std::vector<std::string>& paths, std::string_view keeper = {});
std::string put_back_script(const std::vector<std::string>& paths, std::string_view keeper = {});
std::string forget_script(const std::vector<std::string>& paths, std::string_view keeper = {});

}  // namespace pigsty::item
