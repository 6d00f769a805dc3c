#include "core/module/vip/table.h"

#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "core/converge/members.h"
#include "core/converge/removal.h"
#include "core/converge/table.h"
#include "core/item/address_place.h"
#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/owner.h"
#include "core/item/precondition.h"
#include "core/item/service.h"
#include "core/module/platform/packages.h"
#include "core/module/vip/files.h"
#include "core/node/secrets.h"
#include "core/render/banner.h"

namespace pigsty::module::vip {
namespace {

using converge::Site;
using converge::StepContext;
using converge::When;
using item::Handler;
using item::Items;

// keepalived of others would be taken over by our main file.
class OwnKeepalived final : public item::ReservationItem, public item::Precondition {
  public:
    // Named after the address: several of a machine share one keepalived.
    explicit OwnKeepalived(const std::string& name) : ReservationItem("keepalived of " + name) {}
    [[nodiscard]] node::Probes looks() const override { return {{node::ProbeKind::command, kLook}}; }
    [[nodiscard]] Status check(const node::Observation& seen) const override {
        if (seen.command(kLook).empty()) return {};
        return fail(
            Error{ErrorCode::conflict, std::string("expected no keepalived of others, found ") + kUnit +
                                           " active with its own " + kConfiguration}
                .with_hint("others made what it runs: use another machine, or end it there first (systemctl disable "
                           "--now keepalived.service)"));
    }

  private:
    static inline const std::string kLook = std::string("systemctl is-active --quiet ") + kUnit + " && ! grep -qsF '" +
                                            render::kWrittenByUs + "' " + kConfiguration + " && echo foreign\nexit 0\n";
};

item::AddressPlaceSpec place_spec(const VirtualIp& vip, const converge::Member& member) {
    const std::string interface = interface_of(vip, member.number);
    item::AddressPlaceSpec spec{.address = {}, .own = member.address.address};
    spec.address = parse_shared_address(vip.address).value_or(SharedAddress{.address = host_of(vip), .network = {}});
    if (!interface.empty()) spec.interface = interface;
    return spec;
}

Items reservations(const VirtualIp& vip, const Site& site) {
    return {std::make_shared<item::AddressPlace>(place_spec(vip, site.member)),
            std::make_shared<OwnKeepalived>(vip.name)};
}

Items files(const VirtualIp& vip, const Site& site) {
    const item::Owner root("root");
    Items items{
        std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = kFolder}),
        std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = kInstances}),
        root.file(
            {.path = kConfiguration, .content = main_text(), .shared = true, .handlers = {Handler::reload(kUnit)}})};
    if (vip.check && vip.check->port)
        items.push_back(root.file({.path = kPortProgram, .content = port_program(), .mode = 0755, .shared = true}));
    items.push_back(root.file({.path = instance_path(vip),
                               .content = instance_text(vip, site.member.number),
                               .mode = 0600,
                               .secret_scope = secret_scope(vip),
                               .check = std::string("keepalived -t -f ") + kConfiguration + " 2>&1",
                               .check_where = item::CheckWhere::placed,
                               .handlers = {Handler::reload(kUnit)}}));
    return items;
}

// One value on all members, of the length that keepalived takes.
Status ensure_password(const VirtualIp& vip, StepContext& context) {
    const std::string scope = secret_scope(vip);
    std::vector<node::NodePtr> nodes;
    std::optional<Secret> password;
    bool whole = true;
    for (const auto& site : context.sites()) {
        nodes.push_back(site->node);
        TRY(const auto secrets, node::read_secrets(*site->node, scope, {kPassword}, context.cancel()));
        const auto found = secrets.find(kPassword);
        whole = whole && found != secrets.end() && (!password || *password == found->second.value);
        if (!password && found != secrets.end()) password = found->second.value;
    }
    if (whole) return {};
    if (!password) password = Secret::generate(kPasswordLength);
    TRY_VOID(context.begin_changes());
    TRY_VOID(
        node::store_secrets(nodes, scope, {{kPassword, node::StoredSecret{.value = *password}}}, context.cancel()));
    for (const auto& site : context.sites()) context.changed_something(*site);
    return {};
}

// Somebody has it. With a check nobody may: what it asks for may come later.
Status wait_for_holder(const VirtualIp& vip, Site& site, StepContext& context) {
    const std::string address = host_of(vip);
    const node::Probe probe = item::VirtualAddressItem::probe(address);
    const auto look = [&]() -> Result<converge::Look> {
        std::string holders;
        int count = 0;
        for (const auto& each : context.sites()) {
            TRY(const node::Observation seen, each->node->observe_now({probe}, context.cancel()));
            if (item::VirtualAddressItem::places(seen, address).empty()) continue;
            holders += (holders.empty() ? "" : ", ") + each->member.name;
            ++count;
        }
        return converge::Look{.reached = count == 1, .moved = "held by " + (holders.empty() ? "nobody" : holders)};
    };
    auto done = context.wait_for({.fact = "one member of " + vip.name + " has " + address,
                                  .node = site.node,
                                  .unit = kUnit,
                                  .stall_timeout = std::chrono::seconds(vip.check ? 12 : 30),
                                  .interval = std::chrono::milliseconds(300)},
                                 look);
    if (done || !vip.check || done.error().code != ErrorCode::stalled) return done;
    context.warn("nobody has " + address + ": what " + vip.name + " checks lives on no member");
    return {};
}

}  // namespace

std::vector<converge::Member> members_of(const VirtualIp& vip) {
    return converge::members_of(vip.name, vip.members, &Holder::node);
}

converge::Table table_of(const VirtualIp& vip) {
    converge::TableBuilder table;
    table.items("reservations", [vip](const Site& site) { return reservations(vip, site); });
    table.act("password", When::always, [vip](Site&, StepContext& context) { return ensure_password(vip, context); });
    table.items("packages", [](const Site& site) {
        return platform::package_items({platform::Component::keepalived}, platform::platform_at(site.node));
    });
    table.items("files", [vip](const Site& site) { return files(vip, site); });
    table.items("start", {std::make_shared<item::ServiceItem>(
                             item::ServiceSpec{.unit = kUnit, .enabled = true, .running = true, .shared = true})});
    table
        .act("address", When::when_changed,
             [vip](Site& site, StepContext& context) { return wait_for_holder(vip, site, context); })
        .watches({"password", "files", "start"});
    return table.done();
}

converge::Table removal_of(const VirtualIp& vip) {
    converge::TableBuilder table;
    table.act("secrets", When::always, converge::run(converge::removal_script({.secrets = secret_scope(vip)})))
        .on_each();
    return table.done();
}

Result<std::string> common_interface(const VirtualIp& vip, const std::vector<std::shared_ptr<Site>>& sites,
                                     const Cancel& cancel) {
    std::set<std::string> found;
    std::string each;
    for (const auto& site : sites) {
        const auto member = vip.members.find(site->member.number);
        if (member != vip.members.end() && member->second.interface) continue;
        item::AddressPlaceSpec spec = place_spec(vip, site->member);
        spec.interface = item::kAutoInterface;
        TRY(const node::Observation seen, site->node->observe_now({item::AddressPlace::probe_of(spec)}, cancel));
        const std::string interface = item::AddressPlace::interface_seen(spec, seen);
        if (interface.empty())
            return fail(Error{ErrorCode::invalid, "interface: expected one that holds " + spec.own + ", found none"}
                            .at_host(site->member.name)
                            .with_hint("name it: `interface`, or `interface` of the member"));
        found.insert(interface);
        each += (each.empty() ? "" : ", ") + site->member.name + " " + interface;
    }
    if (found.size() == 1) return *found.begin();
    if (found.empty()) return std::string();
    return fail(Error{ErrorCode::invalid, "interface: expected the same on all members, found " + each}.with_hint(
        "set `interface` of each member"));
}

}  // namespace pigsty::module::vip
