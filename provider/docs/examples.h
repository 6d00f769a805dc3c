// Example files, as parts of a page.
#pragma once

#include <filesystem>
#include <string>

namespace pigsty::docs {

// The files of `folder` whose names start with `prefix` and end with `suffix`, in name order, each in a code block of its
// own; empty when there are none.
std::string example_blocks(const std::filesystem::path& folder, const std::string& prefix, const std::string& suffix,
                           const std::string& language);

}  // namespace pigsty::docs
