// Patterns of drift_ignore: `*` stands for any text, "/" included.
//
//     matches("pg-test-2 /etc/haproxy/*", "pg-test-2 /etc/haproxy/conf.d/x.cfg")     // true
#pragma once

#include <string_view>

namespace pigsty::converge {

bool matches(std::string_view pattern, std::string_view text);

}  // namespace pigsty::converge
