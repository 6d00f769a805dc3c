// ResolvConfItem: lines of ours in /etc/resolv.conf.
//
//     std::make_shared<ResolvConfItem>(ResolvConfSpec{.servers = {"10.10.10.10"}, .search = {"pigsty"}});
//
// Name servers stand in front, for the resolver asks the first three; search and options at the end, for it takes the last. Each
// line of ours follows a comment that repeats it, and with `alone` what others set becomes a comment: so both are found again
// and go one by one, whatever somebody did to the rest. A file that another program owns (a link) is an error that names it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/item/item.h"
#include "core/item/precondition.h"

namespace pigsty::item {

inline constexpr std::size_t kMostNameServers = 3;  // that the resolver asks

// "rotate", "timeout:1" …: what resolv.conf(5) knows.
Status check_resolver_option(std::string_view option);
// A domain: labels of letters, digits, hyphens and underscores.
Status check_search_domain(std::string_view domain);

struct ResolvConfSpec {
    std::vector<std::string> servers;
    std::vector<std::string> search{};
    std::vector<std::string> options{};
    bool alone = false;
};

class ResolvConfItem final : public Item, public Precondition {
  public:
    explicit ResolvConfItem(ResolvConfSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "resolv_conf";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return "/etc/resolv.conf"; }
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] std::string preview_text() const override { return desired(); }
    [[nodiscard]] node::Probes looks() const override { return probes(); }
    [[nodiscard]] Status check(const node::Observation& seen) const override;

    static std::vector<node::Operation> undo(const node::ClaimedItem& claimed);

  private:
    [[nodiscard]] node::Probe look() const;

    ResolvConfSpec spec_;
};

}  // namespace pigsty::item
