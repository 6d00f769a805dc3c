// AdminAccountItem: an account that people log in as. One that is there already is taken as it is: uid, home, shell and
// password stay.
//
//     std::make_shared<AdminAccountItem>(AdminAccountSpec{.name = "dba", .uid = 88});
//
// Removing it takes the account away only where we made it, its home holds nothing but what a new home holds, and nobody is
// logged in by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/item/item.h"

namespace pigsty::item {

struct AdminAccountSpec {
    std::string name;
    std::optional<std::int64_t> uid{};  // of an account that we make
};

// What useradd takes, and needs no quoting in sudo's files. Not root.
Status check_account_name(std::string_view name);

class AdminAccountItem : public Item {
  public:
    explicit AdminAccountItem(AdminAccountSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "admin_account";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "account " + spec_.name; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override {
        return {{node::ProbeKind::account, spec_.name}, {node::ProbeKind::group, spec_.name}};
    }
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override { return check_account_name(spec_.name); }

    static std::vector<node::Operation> undo(const std::string& name, const node::ClaimedItem& claimed);

  private:
    AdminAccountSpec spec_;
};

}  // namespace pigsty::item
