// How an instance is asked and set on its node: parts of sh scripts. Passwords go by the environment of the script, never on
// a command line; redis-cli reads its commands from standard input, so that no value is on one either.
//
//     script = ask_functions(cluster) + at_instance(place) + "echo PING | ask\n";
#pragma once

#include <string>

#include "core/module/redis/place.h"

namespace pigsty::module::redis {

// Defines `ask` (commands on standard input, answers on standard output; those to $host and $port, by default the instance's
// own), `answers` (true where it lets us in), `settle` (sets all of own.conf that a running server takes, reads the users anew,
// keeps what is live as what is wanted), `set_live` (the same without the users), and `look COMMANDS` (what these commands answer,
// and a line "differs:setting maxmemory" for each thing that is not as it was settled; "stopped" or "silent" where nobody lets
// us in).
std::string ask_functions(const RedisCluster& cluster);
// The instance that they are about.
std::string at_instance(const RedisCluster& cluster, const InstancePlace& place);

}  // namespace pigsty::module::redis
