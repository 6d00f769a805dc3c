// ReservationItem: something that only one resource of a node may hold: a port, a data directory, the one PostgreSQL
// instance. It writes nothing; its entry in the claim makes a second resource stop and name the first (behaviour 3).
//
//     std::make_shared<ReservationItem>("postgresql instance");
//     port_reservation(5432);
//     std::make_shared<ReservationItem>("postgresql data", node::Probes{data_folder_probe()});
//
// `probes` are looks that a module takes at the node for its own drift (a condition, a file that others write): they stand in
// the claim, so that the one look at everything that is claimed on the node answers them, too.
#pragma once

#include <cstdint>
#include <string>

#include "core/item/item.h"

namespace pigsty::item {

class ReservationItem : public Item {
  public:
    explicit ReservationItem(std::string what, node::Probes probes = {})
        : what_(std::move(what)), probes_(std::move(probes)) {}

    static constexpr std::string_view kKind = "reservation";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return what_; }
    [[nodiscard]] std::string desired() const override { return what_; }
    [[nodiscard]] node::Probes probes() const override { return probes_; }
    [[nodiscard]] std::optional<Change> compare(const node::Observation&, const node::ClaimedItem*) const override {
        return std::nullopt;
    }
    [[nodiscard]] std::vector<node::Operation> operations(const Change&) const override { return {}; }
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation&) const override {
        return {.kind = kind(), .fingerprint = {}, .probes = {probes_.begin(), probes_.end()}};
    }
    [[nodiscard]] bool is_silent() const override { return true; }

  private:
    std::string what_;
    node::Probes probes_;
};

inline ItemPtr port_reservation(std::int64_t port) {
    return std::make_shared<ReservationItem>("port " + std::to_string(port));
}

}  // namespace pigsty::item
