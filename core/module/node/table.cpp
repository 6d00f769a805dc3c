#include "core/module/node/table.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/converge/table.h"
#include "core/item/admin_account.h"
#include "core/item/authorized_keys.h"
#include "core/item/cron_file.h"
#include "core/item/file.h"
#include "core/item/firewall.h"
#include "core/item/host_name.h"
#include "core/item/hosts_block.h"
#include "core/item/huge_pages.h"
#include "core/item/kernel_modules.h"
#include "core/item/limit_line.h"
#include "core/item/package.h"
#include "core/item/repository.h"
#include "core/item/resolv_conf.h"
#include "core/item/service.h"
#include "core/item/sudoers.h"
#include "core/item/swap.h"
#include "core/item/sysctl.h"
#include "core/item/time_zone.h"
#include "core/item/trusted_certificate.h"
#include "core/module/node/time_sync.h"

namespace pigsty::module::machine {
namespace {

using item::Items;

// Of files of ours in folders that others read.
constexpr const char* kOurFiles = "pigsty-node";

Items identity_items(const Machine& machine) {
    Items items;
    if (machine.timezone) items.push_back(std::make_shared<item::TimeZoneItem>(*machine.timezone));
    if (!machine.hosts.empty()) {
        item::HostsBlockSpec block{.owner = std::string(kKind) + " " + machine.address.address, .lines = {}};
        for (const auto& [address, names] : machine.hosts) {
            std::string line = address;
            for (const std::string& name : names) line += " " + name;
            block.lines.push_back(std::move(line));
        }
        items.push_back(std::make_shared<item::HostsBlockItem>(std::move(block)));
    }
    // After the lines of `hosts`, which may give the name its address.
    if (machine.name) {
        const bool is_named = std::ranges::any_of(machine.hosts, [&](const auto& line) {
            return std::ranges::find(line.second, *machine.name) != line.second.end();
        });
        items.push_back(std::make_shared<item::HostNameItem>(*machine.name, is_named));
    }
    if (machine.dns)
        items.push_back(
            std::make_shared<item::ResolvConfItem>(item::ResolvConfSpec{.servers = machine.dns->servers,
                                                                        .search = machine.dns->search,
                                                                        .options = machine.dns->options,
                                                                        .alone = machine.dns->mode == "overwrite"}));
    return items;
}

Items trust_items(const Machine& machine) {
    Items items;
    for (const auto& [name, pem] : machine.trusted_certificates)
        for (auto& item : item::bundle_items(name, pem)) items.push_back(std::move(item));
    return items;
}

Items repository_items(const Machine& machine) {
    Items items;
    for (const auto& [name, repository] : machine.repositories) {
        item::RepositorySpec spec{.name = name,
                                  .uris = repository.uris,
                                  .suites = repository.suites,
                                  .components = repository.components,
                                  .signed_by = repository.signed_by.value_or(""),
                                  .architectures = repository.architectures,
                                  .trusted = repository.trusted};
        if (!repository.types.empty()) spec.types = repository.types;
        items.push_back(std::make_shared<item::RepositoryItem>(std::move(spec)));
    }
    return items;
}

Items package_items(const Machine& machine) {
    Items items;
    for (const std::string& text : machine.packages) {
        // What is not one was refused at plan; an unknown text while planning is kept as a name.
        const item::PackageSpec spec = item::read_package(text).value_or(item::PackageSpec{.name = text});
        if (machine.repositories.empty())
            items.push_back(std::make_shared<item::ChosenPackageItem>(spec));
        else
            items.push_back(std::make_shared<item::PackageItem>(spec));
    }
    return items;
}

Items firewall_items(const Firewall& firewall) {
    return {
        std::make_shared<item::PackageItem>(item::PackageSpec{.name = "nftables"}),
        std::make_shared<item::FileItem>(
            item::FileSpec{.path = std::string("/etc/systemd/system/") + item::FirewallItem::kUnit,
                           .content = item::FirewallItem::unit_text(),
                           .handlers = {item::Handler::daemon_reload()}}),
        std::make_shared<item::FirewallItem>(item::FirewallSpec{.trusted = firewall.trusted, .ports = firewall.ports})};
}

Items firewall_at_boot() {
    return {std::make_shared<item::ServiceItem>(
        item::ServiceSpec{.unit = item::FirewallItem::kUnit, .enabled = true, .running = true})};
}

item::SudoRights rights_of(const std::string& sudo) {
    if (sudo == "all") return item::SudoRights::all;
    return sudo == "limited" ? item::SudoRights::limited : item::SudoRights::nopass;
}

// Keys before rights: whoever is let in first has a way in.
Items admin_items(const Machine& machine) {
    if (!machine.admin) return {};
    const Admin& admin = *machine.admin;
    Items items{std::make_shared<item::AdminAccountItem>(item::AdminAccountSpec{.name = admin.name, .uid = admin.uid})};
    if (!admin.ssh_public_keys.empty())
        items.push_back(std::make_shared<item::AuthorizedKeysItem>(admin.name, admin.ssh_public_keys));
    items.push_back(std::make_shared<item::SudoersItem>(admin.name, rights_of(admin.sudo)));
    return items;
}

std::vector<item::LimitLine> limit_lines(const std::vector<Limit>& limits) {
    std::vector<item::LimitLine> lines;
    for (const Limit& limit : limits)
        lines.push_back({.domain = limit.domain, .type = limit.type, .item = limit.item, .value = limit.value});
    return lines;
}

Items setting_items(const Machine& machine) {
    Items items;
    // Before the settings, some of which come with a module.
    if (!machine.kernel_modules.empty())
        items.push_back(std::make_shared<item::KernelModulesItem>(kOurFiles, machine.kernel_modules));
    if (!machine.sysctl.empty())
        items.push_back(std::make_shared<item::SysctlItem>(item::SysctlSpec{.name = kKind, .values = machine.sysctl}));
    if (machine.hugepages)
        items.push_back(std::make_shared<item::HugePagesItem>(
            item::HugePagesSpec{.count = machine.hugepages->count, .ratio = machine.hugepages->ratio}));
    if (!machine.crontab.empty())
        items.push_back(
            std::make_shared<item::CronFileItem>(item::CronFileSpec{.name = kOurFiles, .lines = machine.crontab}));
    if (!machine.limits.empty()) items.push_back(item::limits_file(kOurFiles, limit_lines(machine.limits)));
    if (machine.swap) items.push_back(std::make_shared<item::SwapItem>(*machine.swap));
    return items;
}

}  // namespace

converge::Member member_of(const Machine& machine) {
    return {.number = "", .name = machine.name.value_or(machine.address.address), .address = machine.address};
}

// Trust before repositories (their servers may show a certificate of that CA), repositories before packages, packages
// before what needs them (cron, sudo), accounts before limits and jobs that name them.
converge::Table table_of(const Machine& machine) {
    converge::TableBuilder table;
    table.items("identity", identity_items(machine));
    table.items("trusted certificates", trust_items(machine));
    table.items("repositories", repository_items(machine));
    table.items("packages", package_items(machine));
    table.items("admin", admin_items(machine));
    if (machine.ntp) table.items("time", time_items(*machine.ntp));
    table.items("settings", setting_items(machine));
    // Last: what came before needs the network as it was. Its unit reads what a second login has proved.
    if (machine.firewall) {
        table.items("firewall", firewall_items(*machine.firewall));
        table.items("firewall at boot", firewall_at_boot());
    }
    return table.done();
}

}  // namespace pigsty::module::machine
