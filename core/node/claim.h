// Claim: what one resource owns on one node (behaviour 3). Stored as /var/lib/pigsty/claims/KIND-NAME.json, root 0600.
//
//     Claim claim{.kind = "etcd_cluster", .name = "etcd", .id = uuid4(), .state = ClaimState::creating, …};
//     claim.items["/etc/etcd/etcd.conf"] = {.probe = …, .fingerprint = …, .digest = …, .existed_before = false};
//
// Claims serve resume, destroy, import and the refresh. They hold no secrets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/node/probe.h"

namespace pigsty::node {

enum class ClaimState { creating, ready, removing };

struct ClaimedItem {
    std::string kind;         // "file", "package", … : which item class wrote it, so that it can be undone
    std::string fingerprint;  // of the desired text, secrets as placeholders (what the plan shows in `managed`)
    // Of the real bytes on the node, keyed where they hold secrets; empty where it says nothing. Bytes with secrets are
    // known only there: `digest_on_node(path)` stands for what the root end computes while it stores the claim.
    std::string digest{};
    bool existed_before = false;  // there before us: not removed with us
    bool shared = false;          // other claims may hold the same item; removed with the last
    std::vector<Probe> probes{};  // what must be observed to compare it
    nlohmann::json undo{};        // what the item class needs to undo it (path of the kept copy, package state …)
};

struct Claim {
    static constexpr int kFormat = 1;

    std::string kind;  // "node", "ca", "etcd_cluster", "pg_cluster"
    std::string name;  // resource's name
    std::string id{};  // uuid, the resource's `id`
    ClaimState state = ClaimState::creating;
    std::string member{};   // our member on this node: "pg-test-2"; empty where the resource has no members
    nlohmann::json spec{};  // without secrets
    std::map<std::string, ClaimedItem> items{};  // by item label
    nlohmann::json facts{};                      // what the module keeps per node (system identifier, sizing, …)
    // The run that made it, for as long as nothing says that somebody's state knows of it (core/converge/handover.h):
    // killed in between, a run leaves it in no state at all. Empty: handed over.
    std::string handover{};

    [[nodiscard]] std::string file_name() const;  // "KIND-NAME.json", NAME percent-encoded
};

// "{{digest:PATH}}", PATH percent-encoded: replaced by the keyed digest of PATH when the claim is stored.
std::string digest_on_node(std::string_view path);

std::string to_json_text(const Claim& claim);
// Error `unsupported` where the format is newer than ours, `failed` where the text is damaged or lacks a field; both
// name the file. Nothing is thrown, whatever the text.
Result<Claim> claim_from_json_text(std::string_view text, std::string_view file);

}  // namespace pigsty::node
