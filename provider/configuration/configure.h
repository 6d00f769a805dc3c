// From the provider block and the environment to a Fleet. Contacts nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/node/node_pool.h"
#include "provider/configuration/attributes.h"
#include "provider/configuration/fleet.h"

namespace pigsty::provider {

// `environment`: a variable's value, empty where it is not set.
using Environment = std::function<std::string(const std::string& name)>;

// Error `invalid` where two ways to log in exclude each other, or a file that is named cannot be read.
Result<node::Connection> connection_from(const PigstyConfig& config, const Environment& environment);
Result<std::shared_ptr<Fleet>> fleet_from(const PigstyConfig& config, const Environment& environment,
                                          std::shared_ptr<converge::ProgressSink> progress);

}  // namespace pigsty::provider
