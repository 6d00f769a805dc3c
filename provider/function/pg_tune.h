// pg_tune(template, cpu, memory_mb, disk_gb): the parameters of a template.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "provider/framework/function.h"

namespace pigsty::provider {

class PgTune final : public framework::TypedFunction<std::map<std::string, std::string>(std::string, std::int64_t,
                                                                                        std::int64_t, std::int64_t)> {
  public:
    [[nodiscard]] framework::FunctionDeclaration declare() const override;
    framework::FunctionResult<std::map<std::string, std::string>> call(std::string template_name, std::int64_t cpu,
                                                                       std::int64_t memory_mb,
                                                                       std::int64_t disk_gb) const override;
};

}  // namespace pigsty::provider
