// Kernel settings as the kernel means them: spellings of a key, the form in which it answers a value, and which settings reset
// others. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace pigsty::item {

// With dots: sysctl(8) takes "net/ipv4/conf/eth0.100/rp_filter" as well as "net.ipv4.conf.eth0/100.rp_filter". Where the first
// separator is a slash, all of them are.
std::string sysctl_key(std::string_view key);
Status check_sysctl_key(std::string_view key);

// As the kernel would answer it: blanks single, numbers decimal ("01", "0x10"), lists of ports merged ("1,2,3" → "1-3").
std::string sysctl_answer(std::string_view value);
std::string single_blanks(std::string_view text);

// Keys with dots, in the order in which they have to be written: what resets others first ("net.ipv4.ip_forward" sets
// forwarding of all interfaces), interfaces last.
std::vector<std::pair<std::string, std::string>> in_order(const std::map<std::string, std::string>& values);

// Settings that cannot both hold: one key in two spellings, one switch under two names with two values, pairs of which the
// kernel clears the other (vm.dirty_ratio and vm.dirty_bytes).
Status check_sysctl_settings(const std::map<std::string, std::string>& values);

}  // namespace pigsty::item
