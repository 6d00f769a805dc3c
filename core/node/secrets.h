// Secrets that a cluster's nodes share (behaviour 11): made once, stored per node in /var/lib/pigsty/secrets/SCOPE/NAME (root,
// 0600; first line the generation, the rest the bytes), carried between nodes in our memory only.
//
//     TRY(const auto secrets, ensure_secrets(nodes, "pg-test", {"replication", "monitor"}, cancel));
//     content += "password: {{replication:" + std::to_string(secrets.at("replication").generation) + "}}\n";
//     work.push_back(PutFile{.path = "/pg/conf/patroni.yml", .content = content, …, .secret_scope = "pg-test"});
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/secret.h"
#include "core/node/node.h"
#include "core/node/own_folder.h"

namespace pigsty::node {

struct StoredSecret {
    int generation = 1;
    Secret value;
    bool operator==(const StoredSecret&) const = default;
};

using StoredSecrets = std::map<std::string, StoredSecret>;

// Of one node; those that it does not have are missing in the result. One request, which changes nothing.
Result<StoredSecrets> read_secrets(Node& node, const std::string& scope, const std::vector<std::string>& names,
                                   const Cancel& cancel);

// Makes what no node has (generation 1), and copies to the nodes that lack it or hold another: what most nodes hold wins,
// then the higher generation. At most two requests a node, one where all is as it should be.
Result<StoredSecrets> ensure_secrets(const std::vector<NodePtr>& nodes, const std::string& scope,
                                     const std::vector<std::string>& names, const Cancel& cancel,
                                     std::size_t max_parallel_nodes = 32);

// The same value on all nodes, whatever they held: rotation, and copies from elsewhere.
Status store_secrets(const std::vector<NodePtr>& nodes, const std::string& scope, const StoredSecrets& secrets,
                     const Cancel& cancel, std::size_t max_parallel_nodes = 32);

}  // namespace pigsty::node
