// A secret in rendered text: a placeholder with the secret's name and generation. The node puts the real one in while it
// writes the file (node::PutFile::secret_scope), so that texts and fingerprints never hold it.
//
//     secret_reference({"replication", 1})      // {{replication:1}}
#pragma once

#include <cstdint>
#include <string>

namespace pigsty::render {

struct SecretReference {
    std::string name;
    std::int64_t generation = 1;
};

inline std::string secret_reference(const SecretReference& secret) {
    return "{{" + secret.name + ":" + std::to_string(secret.generation) + "}}";
}

}  // namespace pigsty::render
