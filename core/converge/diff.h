// Unified diff of two texts, as `diff -u` prints it, for the plan's advice.
//
//     unified_diff("pg-test-1 /pg/conf/pg_hba.conf", before, after)
#pragma once

#include <string>
#include <string_view>

namespace pigsty::converge {

// Three lines of context; empty where the texts are equal. Texts of more than a few thousand lines are shown as replaced.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace pigsty::converge
