// HostingFileItem: a file of ours in which other resources have lines of their own (guest_lines.h). They are none of its
// business: it neither compares them nor loses them when it is written.
#pragma once

#include "core/item/file.h"

namespace pigsty::item {

// Without secrets and without a check of its own.
class HostingFileItem final : public FileItem {
  public:
    using FileItem::FileItem;

    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;

  private:
    // As if there were no guests.
    [[nodiscard]] node::Observation own_part(const node::Observation& seen) const;
};

}  // namespace pigsty::item
