// SwapItem: whether the machine swaps.
//
//     std::make_shared<SwapItem>(false);
//
// Off: what is in use is given back, and `swap.target` is masked, so that no boot turns any of it on again, wherever it is
// configured; /etc/fstab and the units stay as they are. On: not masked, and what the machine has configured is in use.
// Removing it unmasks what we masked; it swaps again with the next boot.
#pragma once

#include "core/item/item.h"

namespace pigsty::item {

class SwapItem : public Item {
  public:
    explicit SwapItem(bool on) : on_(on) {}

    static constexpr std::string_view kKind = "swap";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "swap"; }
    [[nodiscard]] std::string desired() const override { return on_ ? "on" : "off"; }
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;

    static std::vector<node::Operation> undo(const node::ClaimedItem& claimed);

  private:
    bool on_;
};

}  // namespace pigsty::item
