// HostNameItem: the node's name, now and after a reboot, with an address on its own machine (127.0.1.1, as Debian's installer
// gives it one). Removing it leaves the name (behaviour 8), and so the line that the name needs.
//
//     std::make_shared<HostNameItem>("pg-test-1");
#pragma once

#include <string>
#include <string_view>

#include "core/item/item.h"

namespace pigsty::item {

inline constexpr std::size_t kLongestHostName = 63;
Status check_host_name(std::string_view name);

class HostNameItem : public Item {
  public:
    // `named_elsewhere`: another item of the node gives the name an address in /etc/hosts.
    explicit HostNameItem(std::string name, bool named_elsewhere = false)
        : name_(std::move(name)), named_elsewhere_(named_elsewhere) {}

    static constexpr std::string_view kKind = "host_name";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "host name"; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;

  private:
    std::string name_;
    bool named_elsewhere_;
};

}  // namespace pigsty::item
