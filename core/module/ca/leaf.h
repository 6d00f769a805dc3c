// Leaves: what the certificates of a cluster's members look like, and the authority that they trust.
//
//     const Leaves leaves(cluster.ca, signer, "/etc/etcd/ca.crt");
//     items = {leaves.authority("etcd"),
//              leaves.server({.path = …, .key_path = …, .owner = "etcd"}, site.member, "etcd"),
//              leaves.etcd_client({.path = …, .key_path = …}, site.member)};
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/converge/step.h"
#include "core/module/ca/reference.h"
#include "core/module/ca/signer.h"

namespace pigsty::module::ca {

struct LeafFiles {
    std::string path;
    std::string key_path;
    std::string owner = "root";
    std::vector<item::Handler> handlers{};
};

class Leaves {
  public:
    // `authority_path`: where the authority's certificate is on the node. `signer`: null while planning.
    Leaves(Reference authority, std::shared_ptr<Signer> signer, std::string authority_path)
        : authority_(std::move(authority)), signer_(std::move(signer)), authority_path_(std::move(authority_path)) {}

    [[nodiscard]] item::ItemPtr authority(const std::string& owner, std::vector<item::Handler> handlers = {}) const;
    // Of a server, which shows it to its peers as a client, too: for its own name and address, localhost, and `names`
    // ("DNS:pg-test"). `unit`: the certificate's organizational unit.
    [[nodiscard]] item::ItemPtr server(LeafFiles files, const converge::Member& member, const std::string& unit,
                                       std::set<std::string> names = {}) const;
    // Admits to etcd; who it is that comes, user and password say. Without a CN: the gateway inside etcd refuses a client
    // certificate that carries one (behaviour 8).
    [[nodiscard]] item::ItemPtr etcd_client(LeafFiles files, const converge::Member& member) const;

  private:
    struct Subject {
        std::string unit;
        std::string name;
        std::set<std::string> names;
        std::set<std::string> usages;
    };
    [[nodiscard]] item::ItemPtr leaf(LeafFiles files, Subject subject) const;

    Reference authority_;
    std::shared_ptr<Signer> signer_;
    std::string authority_path_;
};

}  // namespace pigsty::module::ca
