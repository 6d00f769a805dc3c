// AuthorizedKeysItem: keys that let somebody in as an account. They are lines of ours in the account's own file, each with a mark
// behind its words (guest_lines.h); other lines stay, and so does the file where it was there.
//
//     std::make_shared<AuthorizedKeysItem>("dba", std::vector<std::string>{"ssh-ed25519 AAAA… alice"});
//
// The file is written as the account itself: what it has made a link leads nowhere that it could not write.
#pragma once

#include <string>
#include <vector>

#include "core/item/item.h"

namespace pigsty::item {

class AuthorizedKeysItem : public Item {
  public:
    AuthorizedKeysItem(std::string account, std::vector<std::string> keys)
        : account_(std::move(account)), keys_(std::move(keys)) {}

    static constexpr std::string_view kKind = "authorized_keys";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "SSH keys of " + account_; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;
    [[nodiscard]] std::string preview_text() const override { return desired(); }

    static std::vector<node::Operation> undo(const node::ClaimedItem& claimed);

  private:
    std::string account_;
    std::vector<std::string> keys_;
};

}  // namespace pigsty::item
