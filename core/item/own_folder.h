// OwnFolderItem: the reservation of a folder for data. No other resource of the node may hold it, and what others put there
// before us is not taken over: a server started on it would adopt it, and our owner and mode would lock them out.
//
//     std::make_shared<OwnFolderItem>(OwnFolderSpec{.path = "/data/etcd"});
//     std::make_shared<OwnFolderItem>(OwnFolderSpec{.path = "/data/postgres", .may_hold_others = "postgres:postgres 0755"});
#pragma once

#include <string>

#include "core/item/precondition.h"
#include "core/item/reservation.h"

namespace pigsty::item {

struct OwnFolderSpec {
    std::string path;
    // Owner and mode under which the folder may hold anything, since we change nothing of it then; empty: it must be empty.
    std::string may_hold_others{};
    // What else than moving it away helps.
    std::string way_out = "set data_dir to another folder";
};

class OwnFolderItem final : public ReservationItem, public Precondition {
  public:
    explicit OwnFolderItem(OwnFolderSpec spec) : ReservationItem("directory " + spec.path), spec_(std::move(spec)) {}

    [[nodiscard]] node::Probes looks() const override;
    [[nodiscard]] Status check(const node::Observation& seen) const override;

  private:
    OwnFolderSpec spec_;
};

}  // namespace pigsty::item
