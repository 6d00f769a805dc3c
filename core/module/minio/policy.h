// Policies: JSON texts that MinIO stores in a form of its own, so they are compared by meaning.
//
//     policy_meaning(R"({"Statement":{"Effect":"Allow","Action":"s3:*", …}})") == policy_meaning(what_the_server_has)
#pragma once

#include <optional>
#include <string>

namespace pigsty::module::minio {

// All rights on one bucket alone.
std::string bucket_policy(const std::string& bucket);

// In one form, whatever its order and spelling. Nothing where it is no policy.
std::optional<std::string> policy_meaning(const std::string& json);

}  // namespace pigsty::module::minio
