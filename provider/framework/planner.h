// Planner: the plan of one resource, in the order that the rules of planning give:
// configuration and defaults → kept values → repair of drift → what plan-time code decides → forecast → is anything
// different? → unknown marking → replacement and protection → checks that Terraform would make.
#pragma once

#include "provider/framework/resource.h"
#include "provider/framework/server.h"

namespace pigsty::framework {

// `schema` is the resource's schema on the wire.
PlanResponse plan_resource(const Resource& resource, const Schema& schema, const PlanRequest& request);

// An error while the state says that the object is protected; nothing otherwise. `because` names what destroys it.
std::optional<Diagnostic> refuse_if_protected(const Resource& resource, std::string_view type_name, const Value& state,
                                              const std::optional<Path>& because);

}  // namespace pigsty::framework
