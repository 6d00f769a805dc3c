// ReservationItem: something that only one resource of a node may hold: a port, a data directory, the one PostgreSQL
// instance. It writes nothing; its entry in the claim makes a second resource stop and name the first (behaviour 3).
//
//     std::make_shared<ReservationItem>("port 5432");
//     std::make_shared<ReservationItem>("postgresql instance");
#pragma once

#include <string>

#include "core/item/item.h"

namespace pigsty::item {

class ReservationItem : public Item {
  public:
    explicit ReservationItem(std::string what) : what_(std::move(what)) {}

    static constexpr std::string_view kKind = "reservation";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return what_; }
    [[nodiscard]] std::string desired() const override { return what_; }
    [[nodiscard]] node::Probes probes() const override { return {}; }
    [[nodiscard]] std::optional<Change> compare(const node::Observation&, const node::ClaimedItem*) const override {
        return std::nullopt;
    }
    [[nodiscard]] std::vector<node::Operation> operations(const Change&) const override { return {}; }
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation&) const override {
        return {.kind = kind(), .fingerprint = {}};
    }
    [[nodiscard]] bool is_silent() const override { return true; }

  private:
    std::string what_;
};

}  // namespace pigsty::item
