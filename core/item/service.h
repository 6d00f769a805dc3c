// ServiceItem: the state of a systemd unit: whether it starts at boot, whether it runs now.
//
//     std::make_shared<ServiceItem>(ServiceSpec{.unit = "haproxy.service", .enabled = true, .running = true});
//     std::make_shared<ServiceItem>(ServiceSpec{.unit = "etcd.service", .enabled = false, .running = false});   // the package's own
//
// A start that fails answers with the unit's state and its last journal lines.
#pragma once

#include <optional>
#include <string>

#include "core/item/item.h"

namespace pigsty::item {

struct ServiceSpec {
    std::string unit;  // with its suffix: "haproxy.service"
    std::optional<bool> enabled{};
    std::optional<bool> running{};
    // Do not wait for the start: a member of a new etcd cluster is ready only when others are (behaviour 8).
    bool no_block = false;
    bool shared = false;
};

class ServiceItem : public Item {
  public:
    explicit ServiceItem(ServiceSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "service";

    [[nodiscard]] const ServiceSpec& spec() const { return spec_; }

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "service " + spec_.unit; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;

    static std::vector<node::Operation> undo(const std::string& unit, const node::ClaimedItem& claimed);

  private:
    ServiceSpec spec_;
};

}  // namespace pigsty::item
