// The body of `terraform-provider-pigsty release NAME ADDRESS…`: undoes a create that did not finish and that nobody wants to
// finish. What is finished is never touched.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace pigsty::provider {

// Reaches the machines as an empty provider block would: PIGSTY_SSH_USER and its kin. Answers what was undone, a line each.
Result<std::vector<std::string>> release(const std::string& name, const std::vector<std::string>& addresses);

}  // namespace pigsty::provider
