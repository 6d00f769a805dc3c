// HostsBlockItem: our lines in /etc/hosts, between two marks of their own for each resource; all other lines are not ours.
// A block whose marks were damaged is drift in words; mending it takes nothing away that we did not write (hosts_file.h).
//
//     std::make_shared<HostsBlockItem>(HostsBlockSpec{.owner = "node pg-test-1", .lines = {"10.10.10.10 i.pigsty h.pigsty"}});
#pragma once

#include <string>
#include <vector>

#include "core/item/item.h"

namespace pigsty::item {

struct HostsBlockSpec {
    std::string owner;  // claim's kind and name: what the marks say
    std::vector<std::string> lines;
};

class HostsBlockItem : public Item {
  public:
    explicit HostsBlockItem(HostsBlockSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "hosts_block";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "/etc/hosts " + spec_.owner; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;
    [[nodiscard]] std::string preview_text() const override { return desired(); }

    static std::vector<node::Operation> undo(const std::string& owner, const node::ClaimedItem& claimed);

  private:
    HostsBlockSpec spec_;
};

}  // namespace pigsty::item
