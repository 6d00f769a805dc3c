#include "provider/resource/node.h"

#include <chrono>

#include "core/base/json_fields.h"
#include "core/item/cron_line.h"
#include "core/item/host_name.h"
#include "core/item/key_text.h"
#include "core/item/package.h"
#include "core/item/sysctl_value.h"
#include "core/item/time_zone.h"
#include "core/module/node/table.h"
#include "provider/configuration/attributes.h"
#include "provider/framework/validators.h"
#include "provider/resource/node_admin_attributes.h"
#include "provider/resource/node_network_attributes.h"
#include "provider/resource/node_system_attributes.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::each;
using framework::keys;
using framework::nested;
using framework::no_control_characters;
using framework::not_empty;
using framework::within;
using module::machine::Machine;
using module::machine::Repository;

std::chrono::sys_seconds this_second() {
    return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

// Settings of the kernel together: what cannot hold beside another.
framework::Validator sysctl_settings() {
    return {"settings that can hold together",
            [](const framework::Checked& checked, framework::Diagnostics& diagnostics) {
                std::map<std::string, std::string> values;
                for (const auto& [key, value] : checked.value.members())
                    if (value.is_known() && !value.is_null()) values.emplace(key, value.as_string());
                if (const auto good = item::check_sysctl_settings(values); !good)
                    framework::refuse_with(checked, good.error(), diagnostics);
            }};
}

std::vector<std::string> texts_of(const framework::Value& list) {
    std::vector<std::string> texts;
    if (!list.is_known() || list.is_null()) return texts;
    for (const framework::Value& text : list.elements())
        if (text.is_known() && !text.is_null()) texts.push_back(text.as_string());
    return texts;
}

// Each repository has a key file of its own: apt reads nothing where two files name different keys for one source.
framework::Validator sources_once() {
    return {"repositories of different sources",
            [](const framework::Checked& checked, framework::Diagnostics& diagnostics) {
                std::map<std::string, std::string> seen;
                for (const auto& [name, repository] : checked.value.members()) {
                    if (!repository.is_known() || repository.is_null()) continue;
                    for (std::string uri : texts_of(repository.get("uris"))) {
                        while (uri.ends_with('/')) uri.pop_back();
                        for (const std::string& suite : texts_of(repository.get("suites"))) {
                            const auto [other, is_new] = seen.try_emplace(uri + " " + suite, name);
                            if (is_new || other->second == name) continue;
                            diagnostics.add_error("Two repositories of one source",
                                                  "Expected each URI and suite in one repository, found " + uri + " " +
                                                      suite + " in \"" + other->second + "\" and \"" + name +
                                                      "\". Put their components into one of them.",
                                                  checked.path.key(name));
                        }
                    }
                }
            }};
}

Attributes<Repository> repository_attributes() {
    return {
        attribute("types", &Repository::types)
            .optional()
            .validate(each(framework::one_of({"deb", "deb-src"})))
            .description("Kinds of packages. Not set: `deb`."),
        attribute("uris", &Repository::uris)
            .required()
            .validate(not_empty())
            .validate(each(no_control_characters()))
            .description("Where the repository is."),
        attribute("suites", &Repository::suites)
            .required()
            .validate(not_empty())
            .validate(each(no_control_characters()))
            .example("[\"trixie-pgdg\"]")
            .description("Suites, or one path that ends in a slash."),
        attribute("components", &Repository::components)
            .optional()
            .validate(each(no_control_characters()))
            .example("[\"main\"]")
            .description("Components; none where the suite is a path."),
        attribute("signed_by", &Repository::signed_by)
            .optional()
            .validate(
                framework::follows("an armoured OpenPGP public key",
                                   [](std::string_view text) { return item::check_signing_key(text, this_second()); }))
            .example("file(\"example.asc\")")
            .description(
                "Armoured public key of whoever signs it, one block. Not set: the keys that apt already trusts."),
        attribute("architectures", &Repository::architectures)
            .optional()
            .validate(each(no_control_characters()))
            .description("Architectures. Not set: the machine's."),
        attribute("trusted", &Repository::trusted)
            .fixed_default(false)
            .description("Take packages without a signature."),
    };
}

Attributes<Machine> machine_attributes() {
    return {
        within(&Machine::address, node_address_attributes(kIpAddress, true)),
        attribute("name", &Machine::name)
            .optional()
            .validate(framework::follows("a host name of at most 63 bytes", item::check_host_name))
            .example("\"pg-test-1\"")
            .description(
                "Host name, now and after a reboot. Where `hosts` gives it no address, `/etc/hosts` gets the line "
                "`127.0.1.1 NAME` that Debian's installer writes."),
        attribute("hosts", &Machine::hosts)
            .optional()
            .validate(keys(framework::ip_address()))
            .validate(each(each(framework::matches("[^\\s#]+", "a name without blanks"))))
            .example("{ \"10.10.10.10\" = [\"i.pigsty\"] }")
            .description(
                "Lines of `/etc/hosts`: address to names. They stand in a marked block; other lines are left alone."),
        nested("repositories", &Machine::repositories, repository_attributes())
            .optional()
            .validate(keys(framework::follows(kFileName)))
            .validate(sources_once())
            .description("Package repositories by name, each a deb822 file of its own."),
        attribute("packages", &Machine::packages)
            .optional()
            .validate(each(framework::follows("`name` or `name=version`", item::check_package)))
            .example("[\"htop\"]")
            .description("Packages to install, as `name` or `name=version`. They stay at the version first installed, "
                         "and stay when "
                         "they leave the list."),
        attribute("timezone", &Machine::timezone)
            .optional()
            .validate(framework::follows("a name of the time zone database", item::check_time_zone))
            .example("\"Asia/Shanghai\"")
            .description("Time zone."),
        attribute("sysctl", &Machine::sysctl)
            .optional()
            .validate(keys(framework::follows("a setting's name as sysctl takes it", item::check_sysctl_key)))
            .validate(each(no_control_characters()))
            .validate(sysctl_settings())
            .example("{ \"net.core.somaxconn\" = \"4096\" }")
            .description(
                "Kernel settings: a file of ours and the live values. Live values stay when this is removed. They are "
                "compared as the kernel reads them, and what sets others is written first."),
        attribute("crontab", &Machine::crontab)
            .optional()
            .validate(each(framework::follows("a line of a system crontab", item::check_cron_line)))
            .example("[\"00 01 * * * postgres /pg/bin/pg-backup full\"]")
            .description("Lines of a file of ours in `/etc/cron.d`, with the user column."),
        attribute("trusted_certificates", &Machine::trusted_certificates)
            .optional()
            .validate(keys(framework::follows(kFileName)))
            .validate(each(
                framework::follows("certificates of authorities in PEM form",
                                   [](std::string_view text) { return item::check_authorities(text, this_second()); })))
            .example("{ company = file(\"company-ca.pem\") }")
            .description("CA certificates (PEM) by name that the whole machine trusts. A text may hold several."),
        node_system_attributes(),
        nested("admin", &Machine::admin, node_admin_attributes())
            .optional()
            .description("An account that people log in as. One that is there keeps its number, home, shell, password "
                         "and the keys "
                         "that are not ours. Removed, our keys and its rights go; the account goes with its home only "
                         "where it was "
                         "made here, its home holds nothing beyond what a new one holds, and nobody is logged in by "
                         "it. What would "
                         "leave the user that the provider logs in as without sudo or without a key is refused."),
        node_network_attributes(),
    };
}

Attributes<NodeState> node_attributes() {
    return {within(&NodeState::machine, machine_attributes()),
            within(&NodeState::common, framework::common_attributes(
                                           {.deletion_protection = false, .ignore_example = "[\"* /etc/hosts\"]"}))};
}

}  // namespace

Declaration<NodeState> NodeResource::declare() const {
    return {
        .description =
            "Adopts a machine: host name, hosts, name servers, time, repositories, packages, time zone, kernel "
            "settings and modules, limits, swap, cron, trusted certificates, an admin account, a firewall. Only what "
            "is set is managed, and each host-wide change is visible in the plan.\n\n"
            "Destroying it takes our files away and leaves packages, kernel settings, loaded modules, host name and "
            "time zone.",
        .subcategory = "Nodes",
        .attributes = node_attributes()};
}

std::string NodeResource::claim_kind() const { return module::machine::kKind; }

Result<ImportTarget> NodeResource::import_target(const framework::ImportKey& key) const {
    const std::string address = key.by_identity() ? key.get("address") : key.id;
    if (address.empty()) return fail(ErrorCode::invalid, "expected an import id of the form ADDRESS, found none");
    return ImportTarget{.name = address, .address = address, .id = key.get("id")};
}

std::vector<framework::IdentityAttribute> NodeResource::identity() const {
    return {{.name = "address",
             .description = "IP address of the machine.",
             .from = framework::Path::of("address"),
             .required_for_import = true},
            id_of_identity()};
}

// What no attribute sees by itself. The number of an account that is there is nothing to change: its files are of that number.
void NodeResource::modify_plan(Plan<NodeState>& plan) const {
    if (const auto& sysctl = plan.planned.machine.sysctl;
        plan.planned.machine.hugepages && sysctl.contains("vm.nr_hugepages"))
        plan.diagnostics.add_error("Huge pages are set twice",
                                   "Expected them in `hugepages` or in `sysctl`, found both. Leave one of them out.",
                                   framework::Path::of("sysctl").key("vm.nr_hugepages"));
    if (plan.prior == nullptr) return;
    const auto& before = plan.prior->machine.admin;
    const auto& after = plan.planned.machine.admin;
    if (!before || !after || before->name != after->name || !after->uid || before->uid == after->uid) return;
    const std::string was = before->uid ? std::to_string(*before->uid) : "not set";
    plan.diagnostics.add_error("Fixed after creation: admin.uid",
                               "Expected the number that the account was made with (`admin.uid` is " + was +
                                   "), found " + std::to_string(*after->uid) +
                                   ". Files belong to that number. Leave it, or take `admin` out, apply, and make the "
                                   "account anew.",
                               framework::Path::of("admin").attribute("uid"));
}

converge::Identity NodeResource::identity_of(const NodeState& state) const {
    return {.kind = claim_kind(), .name = state.machine.address.address};
}

std::vector<converge::Member> NodeResource::members(const NodeState& state) const {
    return {module::machine::member_of(state.machine)};
}

converge::Table NodeResource::table(const NodeState& state, const Fleet* /*fleet*/) const {
    return module::machine::table_of(state.machine);
}

nlohmann::json NodeResource::claimed_spec(const NodeState& state) const { return write_json(state.machine); }

Result<NodeState> NodeResource::from_claimed_spec(const nlohmann::json& spec) const {
    NodeState state;
    TRY(state.machine, read_json<Machine>(spec));
    return state;
}

}  // namespace pigsty::provider
