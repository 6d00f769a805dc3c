// PackageItem: a Debian package. What is installed stays at its version unless a version is named.
//
//     std::make_shared<PackageItem>(PackageSpec{.name = "postgresql-17"});
//
// Neighbouring packages are installed in one apt run (merged). While it runs, no service of a package starts: policy-rc.d
// says no for as long as that run lives, and a foreign policy-rc.d is asked again after. apt's lock is waited for.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/item/item.h"
#include "core/item/precondition.h"

namespace pigsty::item {

struct PackageSpec {
    std::string name;
    std::optional<std::string> version{};
    // At destroy: remove it if it was not there before us.
    bool remove_with_us = false;
};

// "NAME" or "NAME=VERSION" as a user writes it. Refuses what apt would read as something else: NAME-, NAME+, patterns,
// NAME/RELEASE, NAME:ARCHITECTURE.
Result<PackageSpec> read_package(std::string_view text);
Status check_package(std::string_view text);

class PackageItem : public Item {
  public:
    explicit PackageItem(PackageSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "package";

    [[nodiscard]] const PackageSpec& spec() const { return spec_; }

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "package " + spec_.name; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;

    static node::RunScript install(std::span<const PackageSpec> packages);
    static std::vector<node::Operation> undo(const std::string& name, const node::ClaimedItem& claimed);

  private:
    PackageSpec spec_;
};

// A package whose name a user chose, where the node's repositories are not about to change: that it is a virtual one is said
// before anything is written. (install() refuses those in any case.)
class ChosenPackageItem final : public PackageItem, public Precondition {
  public:
    using PackageItem::PackageItem;

    [[nodiscard]] node::Probes looks() const override;
    [[nodiscard]] Status check(const node::Observation& seen) const override;
};

}  // namespace pigsty::item
