// SudoersItem: what one account may do with sudo: a file of its own in /etc/sudoers.d.
//
//     std::make_shared<SudoersItem>("dba", SudoRights::nopass);
//
// visudo reads the file beside its place, and all of sudo's files with it in its place; where it refuses either, or the user
// that we log in as could no longer become root, everything is as before and the apply fails. The same holds when it goes.
#pragma once

#include <string>

#include "core/item/item.h"

namespace pigsty::item {

enum class SudoRights {
    nopass,   // everything, without a password
    all,      // everything, with the account's own password
    limited,  // looking at files, units and the journal
};

class SudoersItem : public Item {
  public:
    SudoersItem(std::string account, SudoRights rights) : account_(std::move(account)), rights_(rights) {}

    static constexpr std::string_view kKind = "sudoers";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    // A name without a dot: sudo skips those with one.
    [[nodiscard]] std::string label() const override { return "/etc/sudoers.d/pigsty-" + account_; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override { return {{node::ProbeKind::path, label()}}; }
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] std::string preview_text() const override { return desired(); }

    static std::vector<node::Operation> undo(const std::string& path);

  private:
    std::string account_;
    SudoRights rights_;
};

}  // namespace pigsty::item
