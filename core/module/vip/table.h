// The steps that give some machines an address which one of them has: keepalived by unicast, with a password that is made here.
// Who has it is a fact, and never drift. Main file, unit and package are shared with the node's other addresses.
//
//     Run(options).create(table_of(vip));
#pragma once

#include <string>
#include <vector>

#include "core/converge/step.h"
#include "core/module/vip/spec.h"

namespace pigsty::module::vip {

// The claim's kind.
inline constexpr const char* kKind = "vip";

std::vector<converge::Member> members_of(const VirtualIp& vip);
converge::Table table_of(const VirtualIp& vip);
converge::Table removal_of(const VirtualIp& vip);

// The interface that holds each member's own address, where one is the same on all.
Result<std::string> common_interface(const VirtualIp& vip, const std::vector<std::shared_ptr<converge::Site>>& sites,
                                     const Cancel& cancel);

}  // namespace pigsty::module::vip
