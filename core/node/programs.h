// The perl programs that run on the nodes, embedded from perl/ by the build.
#pragma once

#include <string_view>

namespace pigsty::node {

extern const std::string_view kRootEndProgram;  // requests as root: root_end.pl
extern const std::string_view kBridgeProgram;   // byte streams to sockets: bridge.pl

}  // namespace pigsty::node
