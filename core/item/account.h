// AccountItem: a system account of a service, with a group of its name and a home folder, where no package makes it.
//
//     std::make_shared<AccountItem>(AccountSpec{.name = "minio", .home = "/home/minio"});
//
// The home folder itself is a DirectoryItem's. Destroy takes the account away only where it was not there before us.
#pragma once

#include <string>

#include "core/item/item.h"

namespace pigsty::item {

struct AccountSpec {
    std::string name;
    std::string home;
};

class AccountItem final : public Item {
  public:
    explicit AccountItem(AccountSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "account";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "account " + spec_.name; }
    [[nodiscard]] std::string desired() const override { return label() + " " + spec_.home; }
    [[nodiscard]] node::Probes probes() const override { return {{node::ProbeKind::account, spec_.name}}; }
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;

    static std::vector<node::Operation> undo(const std::string& name, const node::ClaimedItem& claimed);

  private:
    AccountSpec spec_;
};

}  // namespace pigsty::item
