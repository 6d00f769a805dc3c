// The steps that make a machine what its specification says. Pure: items follow from the specification alone.
#pragma once

#include "core/converge/step.h"
#include "core/module/node/spec.h"

namespace pigsty::module::machine {

// The claim's kind; its name is the address.
inline constexpr const char* kKind = "node";

converge::Member member_of(const Machine& machine);
converge::Table table_of(const Machine& machine);

}  // namespace pigsty::module::machine
