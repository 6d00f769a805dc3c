// AccountItem: a system user with its group. Accounts that exist keep uid, home and shell; groups they lack are added.
//
//     std::make_shared<AccountItem>(AccountSpec{.name = "etcd", .home = "/var/lib/etcd"});
#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/item/item.h"

namespace pigsty::item {

struct AccountSpec {
    std::string name;
    std::string group{};  // primary group; empty: one of its own name
    std::string home = "/nonexistent";
    bool create_home = false;
    std::string shell = "/usr/sbin/nologin";
    std::set<std::string> groups{};  // further groups it must be in; they are made where they are missing
    std::string comment{};
};

class AccountItem : public Item {
  public:
    explicit AccountItem(AccountSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "account";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "account " + spec_.name; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;

    static std::vector<node::Operation> undo(const std::string& name, const node::ClaimedItem& claimed);

  private:
    [[nodiscard]] const std::string& group() const { return spec_.group.empty() ? spec_.name : spec_.group; }

    AccountSpec spec_;
};

}  // namespace pigsty::item
