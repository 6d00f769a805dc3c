// DriveItem: the reservation of a folder that a member keeps its data in. It must be empty, and, where there is more than one
// drive, on a file system of its own: on the root disk the server says nothing and waits for ever.
#pragma once

#include <string>

#include "core/item/own_folder.h"

namespace pigsty::module::minio {

class DriveItem final : public item::ReservationItem, public item::Precondition {
  public:
    DriveItem(const std::string& path, bool own_file_system)
        : ReservationItem("directory " + path),
          path_(path),
          own_file_system_(own_file_system),
          folder_({.path = path, .way_out = "set `data` to other folders"}) {}

    [[nodiscard]] node::Probes looks() const override;
    [[nodiscard]] Status check(const node::Observation& seen) const override;

  private:
    std::string path_;
    bool own_file_system_;
    item::OwnFolderItem folder_;
};

}  // namespace pigsty::module::minio
