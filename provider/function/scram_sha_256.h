// scram_sha_256(password, salt, iterations): the verifier that PostgreSQL stores for a password.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/secret.h"
#include "provider/framework/function.h"

namespace pigsty::provider {

class ScramSha256 final : public framework::TypedFunction<std::string(Secret, std::string, std::int64_t)> {
  public:
    [[nodiscard]] framework::FunctionDeclaration declare() const override;
    framework::FunctionResult<std::string> call(Secret password, std::string salt,
                                                std::int64_t iterations) const override;
};

}  // namespace pigsty::provider
