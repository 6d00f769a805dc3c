// Passwords that users give: what claims and rendered texts keep of one is its generation, another number for another password.
// After an import the password itself is known to nobody; a mark with the generation stands for it until it is given again.
//
//     const std::int64_t generation = password_generation(*password, "pigsty redis_cluster redis-test");
//     state.password = unknown_password(salt, generation);       // from a claim
//     if (may_be_password(*state.password, given)) …            // the same, as far as that can be said
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/secret.h"

namespace pigsty {

// Of a password: enough to tell two apart, too little and too dear to find one. Of a mark: the one that it holds.
std::int64_t password_generation(const Secret& password, const std::string& salt);
// Of a write-only one, from its version.
std::int64_t version_generation(std::int64_t version);

Secret unknown_password(const std::string& salt, std::int64_t generation);
bool is_unknown_password(const std::optional<Secret>& password);
bool may_be_password(const Secret& unknown, const Secret& word);

}  // namespace pigsty
