// DirectoryItem: a folder with owner and mode; its parents are made as root's, 0755.
//
//     std::make_shared<DirectoryItem>(DirectorySpec{.path = "/pg/conf", .owner = "postgres", .group = "postgres", .mode = 0700});
//
// Destroy removes it only when it is empty (others may have put something into it), unless `whole`: then all that is in it
// is ours. Data directories are never `whole`: the module that owns the data removes it after its own proofs.
#pragma once

#include <string>

#include "core/item/item.h"

namespace pigsty::item {

struct DirectorySpec {
    std::string path;
    std::string owner = "root";
    std::string group = "root";
    unsigned mode = 0755;
    bool whole = false;
    bool shared = true;
};

class DirectoryItem : public Item {
  public:
    explicit DirectoryItem(DirectorySpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "directory";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return spec_.path; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;

    static std::vector<node::Operation> undo(const std::string& path, const node::ClaimedItem& claimed);

  private:
    DirectorySpec spec_;
};

}  // namespace pigsty::item
