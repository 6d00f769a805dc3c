#include "core/module/ca/table.h"

#include <memory>

#include "core/item/directory.h"
#include "core/module/ca/keys.h"

namespace pigsty::module::ca {
namespace {

using converge::Site;

std::string folder_of(const Authority& authority) { return "/var/lib/pigsty/ca/" + authority.name; }

}  // namespace

std::vector<converge::Member> members_of(const Authority& authority) {
    std::vector<converge::Member> members;
    for (const auto& [number, address] : authority.nodes)
        members.push_back({.number = number, .name = authority.name + "-" + number, .address = address});
    return members;
}

converge::Table table_of(const Authority& authority, const std::string& fingerprint, const converge::Connect& connect) {
    const auto shared = std::make_shared<const Authority>(authority);
    converge::Step folders;
    folders.name = "folder";
    folders.items = [shared](const Site&) {
        return std::vector<item::ItemPtr>{std::make_shared<item::DirectoryItem>(
            item::DirectorySpec{.path = folder_of(*shared), .mode = 0700, .whole = true, .shared = false})};
    };
    // One node after the other: the first makes the key, the next ones find it there.
    converge::Step keys;
    keys.name = "key";
    keys.spread = converge::Spread::serial;
    keys.items = [shared, fingerprint, connect](const Site& site) {
        KeySpec spec{.authority = *shared, .fingerprint = fingerprint, .connect = connect};
        for (const auto& [number, address] : shared->nodes)
            if (number != site.member.number) spec.others.push_back(address);
        return std::vector<item::ItemPtr>{std::make_shared<KeyItem>(std::move(spec))};
    };
    return {folders, keys};
}

Result<std::string> read_certificate_pem(const Authority& authority,
                                         const std::vector<std::shared_ptr<converge::Site>>& sites,
                                         const Cancel& cancel) {
    const std::string path = certificate_path(authority.name);
    for (const auto& site : sites) {
        TRY(const node::Observation seen, site->node->observe({{node::ProbeKind::text, path}}, cancel));
        if (auto text = seen.text(path)) return std::move(*text);
    }
    return std::string();
}

}  // namespace pigsty::module::ca
