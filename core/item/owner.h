// Owner: folders and files of one account, which no other resource shares.
//
//     const Owner etcd("etcd");
//     items = {etcd.folder("/etc/etcd", 0750), etcd.file({.path = "/etc/etcd/etcd.conf", .content = text, .handlers = {restart}})};
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/item/directory.h"
#include "core/item/file.h"

namespace pigsty::item {

class Owner {
  public:
    // An account and its group of the same name.
    explicit Owner(std::string account) : account_(std::move(account)) {}

    // `whole`: destroy removes it with all that is in it.
    [[nodiscard]] ItemPtr folder(std::string path, unsigned mode, bool whole = false) const {
        return std::make_shared<DirectoryItem>(DirectorySpec{.path = std::move(path),
                                                             .owner = account_,
                                                             .group = account_,
                                                             .mode = mode,
                                                             .whole = whole,
                                                             .shared = false});
    }
    [[nodiscard]] ItemPtr file(FileSpec spec) const {
        spec.owner = spec.group = account_;
        return std::make_shared<FileItem>(std::move(spec));
    }

  private:
    std::string account_;
};

}  // namespace pigsty::item
