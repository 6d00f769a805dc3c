#include "core/module/pgsql/spec/standby.h"

#include <algorithm>

namespace pigsty::module::pgsql {

std::string standby_slot(const std::string& cluster) {
    std::string name = cluster + "_standby";
    // As Patroni spells the names of members: a slot's name has no other characters.
    std::ranges::replace(name, '-', '_');
    return name;
}

std::string upstream_hosts(const Standby& standby) {
    std::string hosts;
    for (const auto& [number, address] : standby.upstream.members)
        hosts += (hosts.empty() ? "" : ",") + address.address;
    return hosts;
}

}  // namespace pigsty::module::pgsql
