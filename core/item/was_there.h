// A file that was on the node before us, as we want it: others put it there, and it stays when we go. In an item's entry of the
// claim; whoever shares the item takes it over from the first.
//
//     entry.undo = {{kWasThere, seen.path(path).type != node::PathType::absent}};
#pragma once

namespace pigsty::item {

inline constexpr const char* kWasThere = "was_there";

}  // namespace pigsty::item
