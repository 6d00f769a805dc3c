// FirewallItem: who may open connections to this machine: one nftables table of ours, beside those of others.
//
//     std::make_shared<FirewallItem>(FirewallSpec{.trusted = {"10.0.0.0/8"}, .ports = {22, 443}});
//
// A rule set may lock out whoever sets it, and what is open already goes on all the same. So it is loaded under a timer of the
// machine's own that takes it back, and kept only once a second login has come through.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/item/item.h"

namespace pigsty::item {

struct FirewallSpec {
    std::vector<std::string> trusted{};  // networks that may open anything
    std::vector<std::int64_t> ports{};   // TCP, open to all
};

class FirewallItem : public Item {
  public:
    explicit FirewallItem(FirewallSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "firewall";
    static constexpr const char* kUnit = "pigsty-firewall.service";
    // Loads the rules at boot, behind whoever flushes them all.
    static std::string unit_text();

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "/etc/pigsty-firewall.nft"; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change&) const override { return {}; }
    [[nodiscard]] bool is_conversation() const override { return true; }
    Status converse(node::Node& node, const Change& change, const Cancel& cancel) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] std::string preview_text() const override { return desired(); }

    static std::vector<node::Operation> undo();

  private:
    FirewallSpec spec_;
};

}  // namespace pigsty::item
