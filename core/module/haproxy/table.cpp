#include "core/module/haproxy/table.h"

#include <memory>
#include <utility>

#include "core/base/hash.h"
#include "core/converge/entries.h"
#include "core/converge/members.h"
#include "core/converge/table.h"
#include "core/item/directory.h"
#include "core/item/reservation.h"
#include "core/module/ca/signer.h"
#include "core/module/haproxy/shared.h"
#include "core/module/platform/packages.h"

namespace pigsty::module::haproxy {
namespace {

using converge::Site;
using converge::StepContext;
using Authority = std::shared_ptr<const ca::AuthorityFileItem>;

// One file for all services of a node, and who reads it trusts one authority: two would take turns.
Status check_authority(const ca::Reference& ours, const Authority& file, const Site& site, const Cancel& cancel) {
    const std::string label = file->label();
    const std::string wanted = fingerprint(ca::AuthorityFileItem::desired_of(ours));
    for (const node::Claim& claim : site.node->claims()) {
        const auto theirs = claim.items.find(label);
        if (theirs == claim.items.end() || theirs->second.fingerprint == wanted) continue;
        if (site.claim && claim.kind == site.claim->kind && claim.name == site.claim->name) continue;
        return fail(Error{.code = ErrorCode::conflict,
                          .message = label + " is the certificate of another authority, which " + claim.kind + " \"" +
                                     claim.name + "\" has there"}
                        .at_host(site.member.name)
                        .with_hint("give all services of a node the same `ca`; to change it, leave it out of the "
                                   "others first, or remove them"));
    }
    if (site.claim && site.claim->items.contains(label)) return {};
    TRY(const node::Observation seen, site.node->observe(file->looks(), cancel));
    if (auto status = file->check(seen); !status) return fail(std::move(status).error().at_host(site.member.name));
    return {};
}

}  // namespace

std::vector<converge::Member> members_of(const HaproxyService& service) {
    return converge::members_of(service.name, service.nodes);
}

converge::Table table_of(const HaproxyService& service, const node::Connect& connect) {
    converge::TableBuilder table;
    table.items("reservations", {item::port_reservation(service.proxy.port)});
    if (service.ca) {
        const auto file = std::make_shared<const ca::AuthorityFileItem>(
            ca::AuthorityFileSpec{.path = kAuthorityFile, .handlers = {reload()}, .shared = true}, *service.ca,
            connect ? std::make_shared<ca::Signer>(*service.ca, connect) : nullptr);
        table
            .act("one authority", converge::When::always,
                 [ours = *service.ca, file](Site& site, StepContext& context) {
                     return check_authority(ours, file, site, context.cancel());
                 })
            .on_each();
        table.items("authority",
                    {std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = "/etc/pki"}), file});
    }
    table.items("packages", [](const Site& site) {
        return platform::package_items({platform::Component::haproxy}, platform::platform_at(site.node));
    });
    item::Items files = base_items();
    // What cannot be written was refused by the plan; what is left is not known yet.
    files.push_back(service_file(service.name, render::render_haproxy_proxy(service.name, service.proxy).value_or("")));
    table.items("haproxy", std::move(files));
    table.items("access", serving_items({service.proxy.port}));
    return table.done();
}

}  // namespace pigsty::module::haproxy
