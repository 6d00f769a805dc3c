// CertificateItem: a leaf certificate and its key. The key is made on its node and stays there; only the request travels.
//
//     std::make_shared<CertificateItem>(CertificateSpec{
//         .path = "/etc/etcd/server.crt", .key_path = "/etc/etcd/server.key", .organization = "pigsty",
//         .organizational_unit = "etcd", .common_name = "etcd-1", .names = {"IP:10.10.10.11", "DNS:etcd-1"},
//         .usages = {"serverAuth", "clientAuth"}, .owner = "etcd", .group = "etcd",
//         .authority_path = "/etc/etcd/ca.crt", .authority_fingerprint = ca.fingerprint}, signer);
//
// Made by a conversation: key and request on the node (openssl), the signer's answer, then key and certificate take their
// places together. A new certificate always comes with a new key. How long it is valid is the signer's to say.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/item/item.h"

namespace pigsty::item {

struct CertificateSpec {
    std::string path;
    std::string key_path;
    std::string organization{};
    std::string organizational_unit{};
    std::string common_name{};     // may be empty: etcd's gateway refuses clients that have one (behaviour 8)
    std::set<std::string> names;   // "DNS:pg-test", "IP:10.10.10.11", spelled as OpenSSL reads them back
    std::set<std::string> usages;  // "serverAuth", "clientAuth"
    std::string owner = "root";
    std::string group = "root";
    unsigned mode = 0644;
    unsigned key_mode = 0600;
    std::string authority_path{};       // the authority's certificate on this node, put there by another item
    std::string authority_fingerprint;  // SHA-256 of the authority's certificate (DER): another authority, another leaf
    std::vector<Handler> handlers{};
};

struct CertificateRequest {
    std::string request_pem;  // PKCS #10; only its key counts, subject and extensions are those of `spec`
    const CertificateSpec& spec;
};

// Who signs: implemented where the authority's key is. Called from several threads at once.
class CertificateSigner {
  public:
    virtual ~CertificateSigner() = default;
    // The leaf in PEM form.
    virtual Result<std::string> sign(const CertificateRequest& request, const Cancel& cancel) = 0;
};

class CertificateItem : public Item {
  public:
    // `signer` may be null while planning and reading.
    CertificateItem(CertificateSpec spec, std::shared_ptr<CertificateSigner> signer)
        : spec_(std::move(spec)), signer_(std::move(signer)) {}

    static constexpr std::string_view kKind = "certificate";

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return spec_.path; }
    // Everything that makes another certificate necessary.
    [[nodiscard]] std::string desired() const override;
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::optional<Change> due(const node::Observation& seen) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change&) const override { return {}; }
    [[nodiscard]] bool is_conversation() const override { return true; }
    Status converse(node::Node& node, const Change& change, const Cancel& cancel) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;
    [[nodiscard]] std::vector<Handler> handlers() const override { return spec_.handlers; }

    static std::vector<node::Operation> undo(const std::string& path, const node::ClaimedItem& claimed);

  private:
    [[nodiscard]] std::optional<std::string> authority(const node::Observation& seen) const;
    // The node's key for digests may be younger than what was seen: a claim has the digest taken as it is stored.
    [[nodiscard]] std::string state_of(const node::Observation& seen, const std::string& key_digest) const;

    CertificateSpec spec_;
    std::shared_ptr<CertificateSigner> signer_;
};

// How long before its end a leaf of this life is renewed: 30 days, or a third of its life where that is shorter.
std::chrono::seconds renewal_margin(std::chrono::seconds life);

}  // namespace pigsty::item
