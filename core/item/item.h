// Item: one thing on one node that we manage: a file, a package, a service (architecture, "Core ideas").
//
// Three pure parts: what to observe (probes), how to compare (compare), how to change (change). Preview and apply run the
// same code; apply only goes one step further.
//
//     const FileItem hba({.path = "/pg/conf/pg_hba.conf", .content = text, .owner = "postgres", .mode = 0600,
//                         .handlers = {Handler::reload("postgresql")}});
//     if (const auto change = hba.compare(seen, claimed)) send(hba.operations(*change));
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/node/claim.h"
#include "core/node/node.h"
#include "core/node/operation.h"
#include "core/node/probe.h"

namespace pigsty::item {

// What must happen after files changed, once, in the order of this enum (daemon-reload before any start).
enum class HandlerKind { daemon_reload, run, reload, restart };

struct Handler {
    HandlerKind kind;
    std::string target;  // unit or label: "haproxy", "postgresql"
    // sh; empty: systemctl KIND TARGET where the unit runs (a start reads the files anyway).
    std::string script{};
    // A member at a time across the cluster (etcd restarts), else on all at once.
    bool one_member_at_a_time = false;
    // sh, status 0: the service is well again. Asked every half second for `health_within` at most; the default of a
    // reload or restart is that the unit is active.
    std::string health{};
    std::chrono::seconds health_within{20};
    // sh, asked before: another status than 0 means that it would do harm now, and what it printed says why. Then it is not
    // run, and the files come back.
    std::string guard{};

    static Handler daemon_reload();
    static Handler reload(std::string unit, std::string script = {});
    static Handler restart(std::string unit, bool one_member_at_a_time = false);
    static Handler run(std::string label, std::string script);  // label: "rebuild pgbouncer's list"
    bool operator==(const Handler&) const = default;
    [[nodiscard]] std::string sentence() const;  // "reload haproxy": the forecast's words
};

enum class Verb { create, update, remove };

struct Change {
    Verb verb = Verb::update;
    std::string
        reason;  // for people and the drift list: "content differs", "mode 0644, expected 0600", "not installed"
};

class Item {
  public:
    virtual ~Item() = default;

    // "file", "package" …: finds the class again from a claim, for removal.
    [[nodiscard]] virtual std::string kind() const = 0;
    // Unique on its node, key in `managed` and in the claim: the path of a file, else "package haproxy", "service etcd".
    [[nodiscard]] virtual std::string label() const = 0;
    // What is wanted, as text with secrets as placeholders; `managed` shows its fingerprint, or unknown where it has a marker.
    [[nodiscard]] virtual std::string desired() const = 0;
    [[nodiscard]] virtual node::Probes probes() const = 0;

    // Nothing where the node already is as desired. `claimed`: what our claim says of this item, or null.
    [[nodiscard]] virtual std::optional<Change> compare(const node::Observation& seen,
                                                        const node::ClaimedItem* claimed) const = 0;
    // Time alone makes it necessary to make it again (a certificate near its end), though it is as desired. Only Read asks,
    // of the node's own clock; plan and apply go by what Read found, so that none of them says anything else (behaviour 1.1).
    [[nodiscard]] virtual std::optional<Change> due(const node::Observation&) const { return std::nullopt; }
    // The operations that make it so; they check what they need to (behaviour 8) and put the old back where a check fails.
    [[nodiscard]] virtual std::vector<node::Operation> operations(const Change& change) const = 0;
    // The claim's entry once the operations succeeded. `seen` is what was observed before.
    [[nodiscard]] virtual node::ClaimedItem claimed(const node::Observation& seen) const = 0;

    // What was seen of it, as a short text of the same form as ClaimedItem::digest: whenever somebody else changes the
    // item, this changes. Apply stops where it is neither what the claim says nor what the plan was made from
    // (behaviour 1.2). Empty: nothing is lost by setting it again (a package, the state of a service).
    [[nodiscard]] virtual std::string state(const node::Observation&) const { return {}; }
    // Values that the item's format cannot hold (control characters in a line format) and other mistakes of the
    // specification, found before anything is contacted. The error names the label and the value's place.
    [[nodiscard]] virtual Status valid() const { return {}; }
    // Files that it replaces: their old content comes back when the service that reads them does not (handlers()).
    [[nodiscard]] virtual std::vector<std::string> paths() const { return {}; }
    // Made by a conversation with the node instead of operations(): a certificate's request travels, its key does not.
    [[nodiscard]] virtual bool is_conversation() const { return false; }
    virtual Status converse(node::Node& node, const Change& change, const Cancel& cancel) const;
    // Not shown in `managed` (a reservation, a guard).
    [[nodiscard]] virtual bool is_silent() const { return false; }

    [[nodiscard]] virtual std::vector<Handler> handlers() const { return {}; }
    // Text for the plan's unified diff; empty where the item is not a text file.
    [[nodiscard]] virtual std::string preview_text() const { return {}; }
};

using ItemPtr = std::shared_ptr<const Item>;
using Items = std::vector<ItemPtr>;

// What makes these changes of one node, in the order given; neighbours that can be done at once are one: packages in one apt
// run, repositories with one look at their indexes.
struct Merged {
    std::vector<ItemPtr> items;
    std::vector<node::Operation> operations;
};
std::vector<Merged> merged(const std::vector<std::pair<ItemPtr, Change>>& changes);

// Operations that undo what a claim says of an item, by its kind: removes what was not there before us, brings back what
// was. Items in a claim know all they need; no spec is required (destroy after the configuration is gone).
// Error `unsupported` where the kind is unknown (a claim of a newer version).
Result<std::vector<node::Operation>> undo(const std::string& label, const node::ClaimedItem& claimed);

}  // namespace pigsty::item
