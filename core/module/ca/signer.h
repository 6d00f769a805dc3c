// Signer: signs leaf certificates on the first node of the authority that answers; the authority's key stays there. How
// long a leaf is valid stands in the authority's own claim on that node, never beyond the authority's own end.
//
//     const auto signer = std::make_shared<Signer>(reference, connect);
//     items.push_back(std::make_shared<item::CertificateItem>(spec, signer));
//     TRY(const std::string pem, signer->certificate_pem(cancel));       // of the authority itself
//
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "core/converge/run.h"
#include "core/item/certificate.h"
#include "core/item/precondition.h"
#include "core/module/ca/reference.h"

namespace pigsty::module::ca {

class Signer final : public item::CertificateSigner {
  public:
    // `patience`: nothing of this takes long, so that a node whose command hangs is passed over like one that is silent.
    Signer(Reference authority, node::Connect connect, std::chrono::seconds patience = std::chrono::seconds(20))
        : authority_(std::move(authority)), connect_(std::move(connect)), patience_(patience) {}

    Result<std::string> sign(const item::CertificateRequest& request, const Cancel& cancel) override;
    // The authority's certificate; asked once, checked against the reference's fingerprint.
    Result<std::string> certificate_pem(const Cancel& cancel);

  private:
    using ScriptOf = std::function<std::string(const node::Node&)>;
    // Runs a script on one node after the other until one answers; what the last of them failed with otherwise.
    Result<std::string> ask(const ScriptOf& script, const std::string& input, const char* what, const Cancel& cancel);
    [[nodiscard]] std::int64_t leaf_validity_days(const node::Node& node) const;

    const Reference authority_;
    const node::Connect connect_;
    const std::chrono::seconds patience_;
    std::mutex mutex_;
    std::string pem_;
};

// The item that puts the authority's certificate into place on a node: text from the signer, compared by fingerprint, so
// that a plan needs nothing but the reference.
struct AuthorityFileSpec {
    std::string path;  // "/etc/etcd/ca.crt"
    std::string owner = "root";
    std::string group = "root";
    unsigned mode = 0644;
    std::vector<item::Handler> handlers{};
    // Others may have it at this path, too: resources of the same authority, which it outlives until the last of them goes,
    // and whoever put it there before us, with whom it stays. Another authority's certificate there is refused.
    bool shared = false;
};

class AuthorityFileItem final : public item::Item, public item::Precondition {
  public:
    AuthorityFileItem(AuthorityFileSpec spec, Reference authority, std::shared_ptr<Signer> signer)
        : spec_(std::move(spec)), authority_(std::move(authority)), signer_(std::move(signer)) {}

    // Removed like any file of ours.
    [[nodiscard]] std::string kind() const override { return "file"; }
    [[nodiscard]] std::string label() const override { return spec_.path; }
    [[nodiscard]] std::string desired() const override { return desired_of(authority_); }
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<item::Change> compare(const node::Observation& seen,
                                                      const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const item::Change&) const override { return {}; }
    [[nodiscard]] bool is_conversation() const override { return true; }
    Status converse(node::Node& node, const item::Change& change, const Cancel& cancel) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] std::vector<std::string> paths() const override { return {spec_.path}; }
    [[nodiscard]] std::vector<item::Handler> handlers() const override { return spec_.handlers; }
    [[nodiscard]] node::Probes looks() const override { return spec_.shared ? probes() : node::Probes(); }
    [[nodiscard]] Status check(const node::Observation& seen) const override;

    // What a claim's fingerprint is made of, for those who ask whether another claim's file is of this authority.
    static std::string desired_of(const Reference& authority) {
        return "certificate of the authority " + authority.fingerprint;
    }

  private:
    AuthorityFileSpec spec_;
    Reference authority_;
    std::shared_ptr<Signer> signer_;
};

}  // namespace pigsty::module::ca
