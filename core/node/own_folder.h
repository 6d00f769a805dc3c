// The folder on a node where we keep what is ours: claims, journal, secrets, copies of what we replaced; root alone reads it.
#pragma once

#include <string>

namespace pigsty::node {

inline constexpr const char* kOwnFolder = "/var/lib/pigsty";

// "/var/lib/pigsty/secrets/etcd-etcd"
inline std::string secrets_folder(const std::string& scope) { return std::string(kOwnFolder) + "/secrets/" + scope; }

}  // namespace pigsty::node
