// Wall-clock time as text, for people: "2026-11-23T19:00:00Z". Never compared between machines.
#pragma once

#include <string>

namespace pigsty::node {

std::string utc_now();

}  // namespace pigsty::node
