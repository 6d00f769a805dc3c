#include "core/module/testing/beacon.h"

#include <memory>

#include "core/converge/members.h"
#include "core/converge/removal.h"
#include "core/converge/table.h"
#include "core/item/own_unit.h"
#include "core/item/owner.h"
#include "core/item/package.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/module/ca/leaf.h"

namespace pigsty::module::beacon {
namespace {

using item::Items;

constexpr const char* kUnit = "beacon.service";
constexpr const char* kCertificate = "/etc/beacon/server.crt";
constexpr const char* kKey = "/etc/beacon/server.key";

std::string unit_text(const Beacon& beacon) {
    return "[Service]\nExecStart=/usr/bin/openssl s_server -quiet -www -accept " + std::to_string(beacon.port) +
           " -cert " + kCertificate + " -key " + kKey + "\n\n[Install]\nWantedBy=multi-user.target\n";
}

Items certificates(const ca::Leaves& leaves, const converge::Member& member) {
    // It reads them once, as it starts.
    const std::vector<item::Handler> restart{item::Handler::restart(kUnit)};
    return {leaves.authority("root"),
            leaves.server({.path = kCertificate, .key_path = kKey, .handlers = restart}, member, "beacon")};
}

}  // namespace

std::vector<converge::Member> members_of(const Beacon& beacon) {
    return converge::members_of(beacon.name, beacon.members);
}

converge::Table table_of(const Beacon& beacon, const node::Connect& connect) {
    const ca::Leaves leaves(beacon.ca, connect ? std::make_shared<ca::Signer>(beacon.ca, connect) : nullptr,
                            "/etc/beacon/ca.crt");
    const item::Owner root("root");
    converge::TableBuilder table;
    table.items("reservations", {std::make_shared<item::OwnUnitItem>(kUnit), item::port_reservation(beacon.port)});
    table.items("packages", {std::make_shared<item::PackageItem>(item::PackageSpec{.name = "openssl"})});
    table.items("files", {root.folder("/etc/beacon", 0755),
                          root.file({.path = "/etc/systemd/system/beacon.service",
                                     .content = unit_text(beacon),
                                     .handlers = {item::Handler::daemon_reload(), item::Handler::restart(kUnit)}})});
    table.items("certificates", [leaves](const converge::Site& site) { return certificates(leaves, site.member); });
    table.items(
        "start",
        {std::make_shared<item::ServiceItem>(item::ServiceSpec{.unit = kUnit, .enabled = true, .running = true})});
    return table.done();
}

converge::Table removal_of(const Beacon&) {
    converge::TableBuilder table;
    table.act("stop", converge::When::always, converge::run(converge::removal_script({.units = {kUnit}}))).on_each();
    return table.done();
}

}  // namespace pigsty::module::beacon
