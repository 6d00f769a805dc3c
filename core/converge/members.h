// members_of: the members of a resource from the map in its specification.
//
//     members_of(cluster.name, cluster.members);                          // a map of addresses
//     members_of(cluster.name, cluster.instances, &Instance::node);       // of something that has one
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/member_key.h"
#include "core/converge/step.h"

namespace pigsty::converge {

template <class T, class Address = std::identity>
std::vector<Member> members_of(const std::string& cluster, const MemberMap<T>& members, Address address = {}) {
    std::vector<Member> all;
    for (const auto& [number, member] : members)
        all.push_back(
            {.number = number, .name = member_name(cluster, number), .address = std::invoke(address, member)});
    return all;
}

}  // namespace pigsty::converge
