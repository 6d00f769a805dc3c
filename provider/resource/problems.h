// Problems that a core module found in a specification, as diagnostics with the attribute's path.
#pragma once

#include <string_view>
#include <vector>

#include "core/base/problem.h"
#include "provider/framework/call.h"
#include "provider/value/path.h"

namespace pigsty::provider {

// `instances["2"].address` → a path. Text that is not of this form ends the path where it stops being one.
value::Path path_from_text(std::string_view text);

void report_problems(const std::vector<Problem>& problems, framework::Validation& validation);

}  // namespace pigsty::provider
