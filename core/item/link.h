// LinkItem: a symbolic link. Something else in its place is never replaced.
//
//     std::make_shared<LinkItem>(LinkSpec{.path = "/pg/bin/psql", .target = "/usr/lib/postgresql/17/bin/psql"});
#pragma once

#include <string>

#include "core/item/item.h"

namespace pigsty::item {

struct LinkSpec {
    std::string path;
    std::string target;
    bool shared = false;
    std::vector<Handler> handlers{};
};

class LinkItem : public Item {
  public:
    explicit LinkItem(LinkSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "link";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return spec_.path; }
    [[nodiscard]] std::string desired() const override { return "link " + spec_.target; }
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;
    [[nodiscard]] std::vector<std::string> paths() const override { return {spec_.path}; }
    [[nodiscard]] std::vector<Handler> handlers() const override { return spec_.handlers; }

    static std::vector<node::Operation> undo(const std::string& path, const node::ClaimedItem& claimed);

  private:
    LinkSpec spec_;
};

}  // namespace pigsty::item
