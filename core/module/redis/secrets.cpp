#include "core/module/redis/secrets.h"

#include <algorithm>

#include "core/base/hash.h"
#include "core/module/redis/place.h"
#include "core/node/secrets.h"

namespace pigsty::module::redis {

Status ensure_secrets(const RedisCluster& cluster, converge::StepContext& context) {
    const std::string scope = secret_scope(cluster);
    const auto generation = password_generation(cluster);
    std::vector<std::string> names{kAdministrator, kReplication, kAdministratorHash, kReplicationHash};
    if (generation) names.emplace_back(kClientsHash);
    std::vector<node::NodePtr> nodes;
    bool is_whole = true;
    node::StoredSecrets first;
    for (const auto& site : context.sites()) {
        nodes.push_back(site->node);
        TRY(const auto found, node::read_secrets(*site->node, scope, names, context.cancel()));
        if (nodes.size() == 1) first = found;
        is_whole = is_whole && found.size() == names.size() && found == first &&
                   (!generation || found.at(kClientsHash).generation == *generation);
    }
    if (is_whole) return {};
    TRY_VOID(context.begin_changes());
    TRY(const auto made, node::ensure_secrets(nodes, scope, {kAdministrator, kReplication}, context.cancel()));
    node::StoredSecrets hashes;
    hashes[kAdministratorHash] = {.generation = 1, .value = Secret(sha256_hex(made.at(kAdministrator).value.reveal()))};
    hashes[kReplicationHash] = {.generation = 1, .value = Secret(sha256_hex(made.at(kReplication).value.reveal()))};
    if (generation) {
        if (!cluster.password || is_unknown_password(cluster.password))
            return fail(
                Error{ErrorCode::invalid, "expected the password of " + cluster.name + ", found none"}.with_hint(
                    "its hash is not on every node, and an import knows no password: give it another one"));
        hashes[kClientsHash] = {.generation = static_cast<int>(*generation),
                                .value = Secret(sha256_hex(cluster.password->reveal()))};
    }
    TRY_VOID(node::store_secrets(nodes, scope, hashes, context.cancel()));
    for (const auto& site : context.sites()) context.changed_something(*site);
    return {};
}

}  // namespace pigsty::module::redis
