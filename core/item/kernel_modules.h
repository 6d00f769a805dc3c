// KernelModulesItem: modules of the kernel that are loaded now and at each boot, by a file in /etc/modules-load.d.
//
//     std::make_shared<KernelModulesItem>("pigsty-node", std::vector<std::string>{"softdog", "ip_vs"});
//
// One that this kernel does not have is an error that names it, before the file is written. What is built into the kernel is
// there. Removing it takes the file away and leaves the modules loaded: somebody may use them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/item/item.h"

namespace pigsty::item {

Status check_module_name(std::string_view name);
// As the kernel calls it: with underscores.
std::string module_name(std::string name);

class KernelModulesItem : public Item {
  public:
    KernelModulesItem(std::string name, std::vector<std::string> modules)
        : name_(std::move(name)), modules_(std::move(modules)) {}

    static constexpr std::string_view kKind = "kernel_modules";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "/etc/modules-load.d/" + name_ + ".conf"; }
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
    [[nodiscard]] node::Probe loaded_probe() const;

    std::string name_;  // of the file
    std::vector<std::string> modules_;
};

}  // namespace pigsty::item
