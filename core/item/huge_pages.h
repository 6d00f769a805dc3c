// HugePagesItem: memory set aside in huge pages, now and at each boot: so many, or a share of the machine's memory.
//
//     std::make_shared<HugePagesItem>(HugePagesSpec{.count = 1024});
//     std::make_shared<HugePagesItem>(HugePagesSpec{.ratio = 0.25});
//
// A kernel that has been running for long may not find them in one piece, and a container's are its host's: either is an error, and
// what was set aside before is so again. Removing it sets aside what was before us.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/item/item.h"

namespace pigsty::item {

struct HugePagesSpec {
    std::optional<std::int64_t> count{};
    std::optional<double> ratio{};  // of the memory, where `count` says nothing
};

class HugePagesItem : public Item {
  public:
    explicit HugePagesItem(HugePagesSpec spec) : spec_(spec) {}

    static constexpr std::string_view kKind = "huge_pages";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "/etc/sysctl.d/60-pigsty-hugepages.conf"; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;

    static std::vector<node::Operation> undo(const std::string& path, const node::ClaimedItem& claimed);

  private:
    // Sets $want, $live, $size (kB), $total (kB) and $text.
    [[nodiscard]] std::string sums() const;
    [[nodiscard]] node::Probe look() const;

    HugePagesSpec spec_;
};

}  // namespace pigsty::item
