// Put back: keeps the content of files while they are replaced, until a check or the service that reads them agrees.
//
//     script += keep_script(paths);               // before the writes
//     …                                           // writes, reload
//     script += "if reload; then " + forget_script(paths) + "; else " + put_back_script(paths) + "; fi";
//
// The copies live in /run/pigsty/put-back (root, 0700) for the length of one request; what did not exist is removed again.
#pragma once

#include <string>
#include <vector>

namespace pigsty::item {

// Each is a list of sh commands, one a line, without `set -e` of its own.
std::string keep_script(const std::vector<std::string>& paths);
std::string put_back_script(const std::vector<std::string>& paths);
std::string forget_script(const std::vector<std::string>& paths);

}  // namespace pigsty::item
