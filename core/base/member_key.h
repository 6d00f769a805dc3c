// Keys of member maps: sequence numbers, written as Terraform writes map keys ("1", "2", "10").
//
//     MemberMap<Instance> instances{{"2", …}, {"10", …}};     // iterates 2, then 10
//
// Text that is no number (refused by validation, which needs to see it) sorts behind the numbers.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace pigsty {

// ^(0|[1-9][0-9]*)$
inline bool is_member_key(std::string_view key) {
    if (key.empty() || (key.size() > 1 && key.front() == '0')) return false;
    return std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct MemberKeyLess {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const {
        const bool number_a = is_member_key(a);
        const bool number_b = is_member_key(b);
        if (number_a != number_b) return number_a;
        if (number_a && a.size() != b.size()) return a.size() < b.size();
        return a < b;
    }
};

// "pg-test-2": what a member of a cluster is called.
inline std::string member_name(std::string_view cluster, std::string_view number) {
    return std::string(cluster) + "-" + std::string(number);
}

template <class T>
using MemberMap = std::map<std::string, T, MemberKeyLess>;

}  // namespace pigsty
