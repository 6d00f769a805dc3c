#include "core/module/redis/secrets.h"

#include <set>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/module/redis/place.h"
#include "core/node/secrets.h"

namespace pigsty::module::redis {

namespace {

std::vector<std::string> secret_names(const RedisCluster& cluster) {
    std::vector<std::string> names{kAdministrator, kReplication, kAdministratorHash, kReplicationHash};
    if (password_generation(cluster)) names.emplace_back(kClientsHash);
    return names;
}

// All members hold the same of each, of the clients' password what is wanted now.
Result<bool> is_whole(const RedisCluster& cluster, const converge::StepContext& context) {
    const node::Probe probe = secrets_probe(cluster);
    std::set<std::string> held;
    for (const auto& site : context.sites()) {
        TRY(const node::Observation seen, site->node->observe({probe}, context.cancel()));
        held.insert(seen.command(probe.key));
    }
    if (held.size() != 1 || held.begin()->contains("nothing")) return false;
    const auto generation = password_generation(cluster);
    return !generation || held.begin()->contains(kClientsHash + (" generation " + std::to_string(*generation)) + " ");
}

}  // namespace

node::Probe secrets_probe(const RedisCluster& cluster) {
    std::string script = "cd " + shell_quote(node::secrets_folder(secret_scope(cluster))) +
                         " 2>/dev/null || { echo nothing; exit 0; }\nfor name in";
    for (const std::string& name : secret_names(cluster)) script += " " + shell_quote(name);
    return {node::ProbeKind::command, script +
                                          "; do\n"
                                          "  [ -s \"$name\" ] || { echo \"$name nothing\"; continue; }\n"
                                          "  echo \"$name generation $(sed -n 1p \"$name\") $(sha256sum <\"$name\")\"\n"
                                          "done\n"};
}

Status ensure_secrets(const RedisCluster& cluster, converge::StepContext& context) {
    if (!context.creating()) {
        TRY(const bool whole, is_whole(cluster, context));
        if (whole) return {};
    }
    const std::string scope = secret_scope(cluster);
    const auto generation = password_generation(cluster);
    std::vector<node::NodePtr> nodes;
    for (const auto& site : context.sites()) nodes.push_back(site->node);
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
