// Selector: which members serve, as a JMESPath expression over the list of members, the way Pigsty writes services.
//
//     TRY(const Selector offline, Selector::parse("[? pg_role == `offline` || pg_offline_query ]"));
//     if (offline.matches({{"pg_role", "replica"}, {"pg_offline_query", true}})) …
//
// Understood: `[]` (everybody), `[? condition ]`; conditions of names, literals (`json`, `text`, 'text', numbers are
// `5`), == != < <= > >=, !, &&, ||, parentheses, contains(a, b), starts_with(a, b), ends_with(a, b).
// Names that a member does not have are null, as JMESPath wants it; names that no member can have are refused.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace pigsty::render {

class Selector {
  public:
    // Error `invalid` says what was expected, what was found, and where.
    static Result<Selector> parse(std::string_view text);

    [[nodiscard]] bool matches(const nlohmann::json& member) const;
    // What the condition asks of a member.
    [[nodiscard]] const std::set<std::string>& names() const { return names_; }

  private:
    std::function<nlohmann::json(const nlohmann::json&)> condition_;  // empty: everybody
    std::set<std::string> names_;
};

// What a selector may ask for: pg_cluster, pg_seq, pg_role, …
const std::set<std::string>& selector_names();

}  // namespace pigsty::render
