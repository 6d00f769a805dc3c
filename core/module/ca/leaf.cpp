#include "core/module/ca/leaf.h"

#include <utility>

namespace pigsty::module::ca {

item::ItemPtr Leaves::authority(const std::string& owner, std::vector<item::Handler> handlers) const {
    return std::make_shared<AuthorityFileItem>(
        AuthorityFileSpec{.path = authority_path_, .owner = owner, .group = owner, .handlers = std::move(handlers)},
        authority_, signer_);
}

item::ItemPtr Leaves::server(LeafFiles files, const converge::Member& member, const std::string& unit,
                             std::set<std::string> names) const {
    names.insert({"DNS:localhost", "DNS:" + member.name, "IP:127.0.0.1", "IP:" + member.address.address});
    return leaf(std::move(files),
                {.unit = unit, .name = member.name, .names = std::move(names), .usages = {"clientAuth", "serverAuth"}});
}

item::ItemPtr Leaves::etcd_client(LeafFiles files, const converge::Member& member) const {
    return leaf(
        std::move(files),
        {.unit = "etcd-client", .name = {}, .names = {"IP:" + member.address.address}, .usages = {"clientAuth"}});
}

item::ItemPtr Leaves::leaf(LeafFiles files, Subject subject) const {
    return std::make_shared<item::CertificateItem>(
        item::CertificateSpec{.path = std::move(files.path),
                              .key_path = std::move(files.key_path),
                              .organization = "pigsty",
                              .organizational_unit = std::move(subject.unit),
                              .common_name = std::move(subject.name),
                              .names = std::move(subject.names),
                              .usages = std::move(subject.usages),
                              .owner = files.owner,
                              .group = files.owner,
                              .authority_path = authority_path_,
                              .authority_fingerprint = authority_.fingerprint,
                              .handlers = std::move(files.handlers)},
        signer_);
}

}  // namespace pigsty::module::ca
