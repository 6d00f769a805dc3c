// SysctlItem: kernel settings: a file in /etc/sysctl.d and the live values.
//
//     std::make_shared<SysctlItem>(SysctlSpec{.name = "node", .values = {{"net.core.somaxconn", "1024"}}});
//
// What cannot be applied on this node (a container's read-only /proc/sys, a value that the kernel bends or another one resets) is an error that
// says so; file and values are then as before. Removing it leaves the live values: behaviour 8.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/item/item.h"

namespace pigsty::item {

struct SysctlSpec {
    std::string name;  // of the file: /etc/sysctl.d/60-pigsty-NAME.conf
    std::map<std::string, std::string> values;
};

class SysctlItem : public Item {
  public:
    explicit SysctlItem(SysctlSpec spec);

    static constexpr std::string_view kKind = "sysctl";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return path(); }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;
    [[nodiscard]] std::string preview_text() const override { return desired(); }

  private:
    [[nodiscard]] std::string path() const { return "/etc/sysctl.d/60-pigsty-" + spec_.name + ".conf"; }

    SysctlSpec spec_;
    std::vector<std::pair<std::string, std::string>> ordered_;
};

}  // namespace pigsty::item
