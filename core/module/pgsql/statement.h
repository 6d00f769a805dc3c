// Statement: one SQL command for the ordered writer, with what may be said of it.
#pragma once

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

}  // namespace pigsty::module::pgsql
