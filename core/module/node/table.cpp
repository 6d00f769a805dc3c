#include "core/module/node/table.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/converge/table.h"
#include "core/item/cron_file.h"
#include "core/item/host_name.h"
#include "core/item/hosts_block.h"
#include "core/item/package.h"
#include "core/item/repository.h"
#include "core/item/sysctl.h"
#include "core/item/time_zone.h"
#include "core/item/trusted_certificate.h"

namespace pigsty::module::machine {
namespace {

using item::Items;

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

Items setting_items(const Machine& machine) {
    Items items;
    if (!machine.sysctl.empty())
        items.push_back(std::make_shared<item::SysctlItem>(item::SysctlSpec{.name = kKind, .values = machine.sysctl}));
    if (!machine.crontab.empty())
        items.push_back(
            std::make_shared<item::CronFileItem>(item::CronFileSpec{.name = "pigsty-node", .lines = machine.crontab}));
    return items;
}

}  // namespace

converge::Member member_of(const Machine& machine) {
    return {.number = "", .name = machine.name.value_or(machine.address.address), .address = machine.address};
}

// Trust before repositories (their servers may show a certificate of that CA), repositories before packages, packages
// before what needs them (cron).
converge::Table table_of(const Machine& machine) {
    converge::TableBuilder table;
    table.items("identity", identity_items(machine));
    table.items("trusted certificates", trust_items(machine));
    table.items("repositories", repository_items(machine));
    table.items("packages", package_items(machine));
    table.items("settings", setting_items(machine));
    return table.done();
}

}  // namespace pigsty::module::machine
