// A unified diff of two texts, as the plan shows it for changed files.
//
//     unified_diff("/pg/conf/pg_hba.conf", before, after, 60)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pigsty::render {

// Three lines of context; empty where the texts are equal. Beyond `max_lines` it ends in "… 17 more lines".
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after,
                         std::size_t max_lines = 60);

}  // namespace pigsty::render
