// ListeningItem: a unit that runs and listens to its ports. A server can be up and serve nobody: its ports were taken when it
// began, its configuration was another one, its socket was closed under it. Where nobody listens it is restarted.
//
//     std::make_shared<ListeningItem>("haproxy.service", std::set<std::int64_t>{5433, 5434});
//
// Only ports that an earlier apply left listened to are looked at: new ones come with a reload or restart of their own.
// Whether the unit runs at all is its ServiceItem's to say.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "core/item/item.h"

namespace pigsty::item {

class ListeningItem : public Item {
  public:
    ListeningItem(std::string unit, std::set<std::int64_t> ports) : unit_(std::move(unit)), ports_(std::move(ports)) {}

    static constexpr std::string_view kKind = "listening";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "ports of " + unit_; }
    // Without the ports: another one is no restart of this item's making.
    [[nodiscard]] std::string desired() const override { return label() + " are listened to"; }
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;

  private:
    std::string unit_;
    std::set<std::int64_t> ports_;
};

}  // namespace pigsty::item
