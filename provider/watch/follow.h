// follow: the body of `terraform-provider-pigsty watch`.
//
// Prints a line for each finished item or step and node of every provider process of this user, those that start later
// included, until `stop` is requested.
//
//     pg-test-2 package postgresql-17 … 6.1 s
#pragma once

#include <cstdio>
#include <stop_token>
#include <string>
#include <vector>

namespace pigsty::watch {

// `directories`: runtime_directories(). Returns the number of lines printed.
std::size_t follow(const std::vector<std::string>& directories, std::FILE* out, const std::stop_token& stop);

}  // namespace pigsty::watch
