// TrustedCertificateItem: a CA that the whole node trusts (/usr/local/share/ca-certificates, update-ca-certificates).
//
//     std::make_shared<TrustedCertificateItem>(TrustedCertificateSpec{.name = "pigsty-ca", .pem = ca_pem});
//
// Shared: two clusters on a node may trust the same CA; it goes with the last. One certificate a file, since programs find
// them by their hash, and only such files get one: a bundle becomes items of its own, bundle_items().
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/item/item.h"

namespace pigsty::item {

struct TrustedCertificateSpec {
    std::string name;
    std::string pem;
};

class TrustedCertificateItem : public Item {
  public:
    explicit TrustedCertificateItem(TrustedCertificateSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "trusted_certificate";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return path(); }
    [[nodiscard]] std::string desired() const override { return spec_.pem; }
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;
    [[nodiscard]] std::string preview_text() const override { return spec_.pem; }

    [[nodiscard]] const TrustedCertificateSpec& spec() const { return spec_; }
    // Files of one step come together, with one run of update-ca-certificates.
    static std::vector<node::Operation> install(std::span<const TrustedCertificateSpec> certificates);
    static std::vector<node::Operation> undo(const std::string& path);

  private:
    static std::string path_of(const std::string& name) { return "/usr/local/share/ca-certificates/" + name + ".crt"; }
    [[nodiscard]] std::string path() const { return path_of(spec_.name); }
    [[nodiscard]] std::string link() const;

    TrustedCertificateSpec spec_;
};

// NAME, NAME+2, NAME+3 …: a "+" is in no name that a user may give.
std::vector<ItemPtr> bundle_items(const std::string& name, const std::string& pem);

}  // namespace pigsty::item
