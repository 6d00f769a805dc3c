#include "core/node/secrets.h"

#include <algorithm>
#include <charconv>

#include "core/node/parallel.h"

namespace pigsty::node {

namespace {

Error failed_there(const Node& node, const OperationResult& result) {
    return Error{ErrorCode::failed, "a secret cannot be kept or read: " + result.err}.at_host(node.address().address);
}

Status keep(Node& node, const std::string& scope, const StoredSecrets& secrets, const Cancel& cancel) {
    std::vector<Operation> work;
    for (const auto& [name, secret] : secrets)
        work.emplace_back(
            KeepSecret{.scope = scope, .name = name, .generation = secret.generation, .bytes = secret.value});
    TRY(const auto results, node.request(std::move(work), cancel));
    for (const auto& result : results)
        if (result.status != 0) return fail(failed_there(node, result));
    return {};
}

// What most hold; between equals the higher generation.
const StoredSecret* best_of(const std::vector<StoredSecrets>& found, const std::string& name) {
    const StoredSecret* best = nullptr;
    std::pair<std::ptrdiff_t, int> best_rank;
    for (const auto& secrets : found) {
        const auto secret = secrets.find(name);
        if (secret == secrets.end()) continue;
        const auto holders = std::ranges::count_if(found, [&](const StoredSecrets& other) {
            const auto same = other.find(name);
            return same != other.end() && same->second == secret->second;
        });
        const std::pair rank(holders, secret->second.generation);
        if (!best || rank > best_rank) {
            best = &secret->second;
            best_rank = rank;
        }
    }
    return best;
}

}  // namespace

Result<StoredSecrets> read_secrets(Node& node, const std::string& scope, const std::vector<std::string>& names,
                                   const Cancel& cancel) {
    std::vector<Operation> work;
    for (const auto& name : names) work.emplace_back(ReadSecret{.scope = scope, .name = name});
    TRY(const auto results, node.request(std::move(work), cancel));
    StoredSecrets found;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& text = results[i].out;
        if (results[i].status != 0) return fail(failed_there(node, results[i]));
        if (text.empty()) continue;
        const auto end = text.find('\n');
        int generation = 0;
        std::from_chars(text.data(), text.data() + end, generation);
        found.emplace(names[i], StoredSecret{.generation = generation, .value = Secret(text.substr(end + 1))});
    }
    return found;
}

Result<StoredSecrets> ensure_secrets(const std::vector<NodePtr>& nodes, const std::string& scope,
                                     const std::vector<std::string>& names, const Cancel& cancel,
                                     std::size_t max_parallel_nodes) {
    std::vector<StoredSecrets> found(nodes.size());
    TRY_VOID(first_failure(in_parallel(nodes.size(), max_parallel_nodes, [&](std::size_t i) -> Status {
        TRY(found[i], read_secrets(*nodes[i], scope, names, cancel));
        return {};
    })));

    StoredSecrets wanted;
    for (const auto& name : names) {
        const auto* const best = best_of(found, name);
        wanted.emplace(name, best ? *best : StoredSecret{.generation = 1, .value = Secret::generate()});
    }
    // The first node alone at first: a kill in between leaves one node with the value, never two with different ones.
    const auto keep_missing = [&](std::size_t i) -> Status {
        StoredSecrets missing;
        for (const auto& [name, secret] : wanted) {
            const auto held = found[i].find(name);
            if (held == found[i].end() || !(held->second == secret)) missing.emplace(name, secret);
        }
        if (missing.empty()) return {};
        return keep(*nodes[i], scope, missing, cancel);
    };
    if (nodes.empty()) return wanted;
    TRY_VOID(keep_missing(0));
    TRY_VOID(first_failure(
        in_parallel(nodes.size() - 1, max_parallel_nodes, [&](std::size_t i) { return keep_missing(i + 1); })));
    return wanted;
}

Status store_secrets(const std::vector<NodePtr>& nodes, const std::string& scope, const StoredSecrets& secrets,
                     const Cancel& cancel, std::size_t max_parallel_nodes) {
    return first_failure(in_parallel(nodes.size(), max_parallel_nodes,
                                     [&](std::size_t i) { return keep(*nodes[i], scope, secrets, cancel); }));
}

}  // namespace pigsty::node
