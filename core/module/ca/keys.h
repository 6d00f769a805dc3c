// KeyItem: the authority's key and certificate on one of its nodes, root only. Made once, on the first node; every other
// node gets a copy over our own sessions. Where the authority is known already and a node lost it, the node gets it back
// from another: a new authority is never made in place of an old one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/converge/run.h"
#include "core/item/item.h"
#include "core/module/ca/spec.h"

namespace pigsty::module::ca {

std::string authority_folder(const std::string& name);  // /var/lib/pigsty/ca/NAME
std::string key_path(const std::string& name);          // /var/lib/pigsty/ca/NAME/ca.key
std::string certificate_path(const std::string& name);  // /var/lib/pigsty/ca/NAME/ca.crt

struct KeySpec {
    Authority authority;
    std::string fingerprint{};  // empty until the authority exists
    // The other nodes, in order of their numbers: where a copy may come from.
    std::vector<node::NodeAddress> others{};
    node::Connect connect{};  // null while planning
};

class KeyItem final : public item::Item {
  public:
    explicit KeyItem(KeySpec spec) : spec_(std::move(spec)) {}

    // Undone like any file of ours; its folder goes with it.
    [[nodiscard]] std::string kind() const override { return "file"; }
    [[nodiscard]] std::string label() const override { return key_path(spec_.authority.name); }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<item::Change> compare(const node::Observation& seen,
                                                      const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const item::Change&) const override { return {}; }
    [[nodiscard]] bool is_conversation() const override { return true; }
    Status converse(node::Node& node, const item::Change& change, const Cancel& cancel) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;

  private:
    // Nothing: no other node has it. Error: one may have it and does not answer.
    [[nodiscard]] Result<bool> copy_from_others(node::Node& node, const Cancel& cancel) const;
    [[nodiscard]] Result<bool> copy_from(const node::NodeAddress& address, node::Reach reach, node::Node& node,
                                         const Cancel& cancel) const;
    [[nodiscard]] Status make(node::Node& node, const Cancel& cancel) const;

    KeySpec spec_;
};

}  // namespace pigsty::module::ca
