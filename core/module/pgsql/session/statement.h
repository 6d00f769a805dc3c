// Statement: one SQL command for the ordered writer, with what may be said of it.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace pigsty::module::pgsql {

struct Statement {
    std::string text;
    // Never shown, logged or put into an error: it holds a password or a verifier. `shown` stands for it.
    bool secret = false;
    std::string shown{};

    [[nodiscard]] const std::string& display() const { return secret ? shown : text; }
};

using Statements = std::vector<Statement>;
inline void append(Statements& into, Statements more) { std::ranges::move(more, std::back_inserter(into)); }

}  // namespace pigsty::module::pgsql
