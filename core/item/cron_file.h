// CronFileItem: a file of ours in /etc/cron.d.
//
//     std::make_shared<CronFileItem>(CronFileSpec{.name = "pigsty-node", .lines = {"00 01 * * * postgres /pg/bin/pg-backup full"}});
//
// Lines are stored exactly (a % means to cron what it means to cron). A node without cron is an error that names the package.
#pragma once

#include <string>
#include <vector>

#include "core/item/item.h"

namespace pigsty::item {

struct CronFileSpec {
    std::string name;  // letters, digits, - and _: cron skips files with other names
    std::vector<std::string> lines;
};

class CronFileItem : public Item {
  public:
    explicit CronFileItem(CronFileSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "cron_file";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "/etc/cron.d/" + spec_.name; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;
    [[nodiscard]] std::vector<std::string> paths() const override { return {label()}; }
    [[nodiscard]] std::string preview_text() const override { return desired(); }

  private:
    CronFileSpec spec_;
};

}  // namespace pigsty::item
