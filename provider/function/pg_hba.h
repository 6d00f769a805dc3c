// pg_hba(rules, networks): lines of pg_hba.conf from rules in the words of pigsty_pg_cluster.
#pragma once

#include <string>

#include "provider/framework/function.h"

namespace pigsty::provider {

class PgHba final : public framework::TypedFunction<std::string(value::Value, std::optional<value::Value>)> {
  public:
    [[nodiscard]] framework::FunctionDeclaration declare() const override;
    framework::FunctionResult<std::string> call(value::Value rules,
                                                std::optional<value::Value> networks) const override;
};

}  // namespace pigsty::provider
