// HostNameItem: the node's name, now and after a reboot. Removing it leaves the name (behaviour 8).
//
//     std::make_shared<HostNameItem>("pg-test-1");
#pragma once

#include <string>

#include "core/item/item.h"

namespace pigsty::item {

class HostNameItem : public Item {
  public:
    explicit HostNameItem(std::string name) : name_(std::move(name)) {}

    static constexpr std::string_view kKind = "host_name";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "host name"; }
    [[nodiscard]] std::string desired() const override { return name_; }
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;

  private:
    std::string name_;
};

}  // namespace pigsty::item
