// TimeZoneItem: the node's time zone: /etc/localtime, and /etc/timezone where the system keeps one.
//
//     std::make_shared<TimeZoneItem>("Asia/Shanghai");
//
// Removing it leaves the zone.
#pragma once

#include <string>
#include <string_view>

#include "core/item/item.h"

namespace pigsty::item {

// A name of the time zone database, by its form.
Status check_time_zone(std::string_view zone);

class TimeZoneItem : public Item {
  public:
    explicit TimeZoneItem(std::string zone) : zone_(std::move(zone)) {}

    static constexpr std::string_view kKind = "time_zone";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "time zone"; }
    [[nodiscard]] std::string desired() const override { return zone_; }
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;

  private:
    std::string zone_;
};

}  // namespace pigsty::item
