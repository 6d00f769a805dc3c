// Problem: what is wrong with a specification, found without any machine, with the attribute's path as a user writes it.
#pragma once

#include <string>

namespace pigsty {

struct Problem {
    std::string path;     // instances["2"].address
    std::string message;  // what was expected, what was found
    std::string hint{};   // what to do
    bool operator==(const Problem&) const = default;
};

}  // namespace pigsty
