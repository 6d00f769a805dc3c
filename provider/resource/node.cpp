#include "provider/resource/node.h"

#include "core/base/json_fields.h"
#include "core/module/node/table.h"
#include "provider/configuration/attributes.h"
#include "provider/framework/validators.h"

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
            .description("Armoured public key of whoever signs it. Not set: the keys that apt already trusts."),
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
            .validate(framework::host_name())
            .example("\"pg-test-1\"")
            .description("Host name, now and after a reboot."),
        attribute("hosts", &Machine::hosts)
            .optional()
            .validate(keys(framework::ip_address()))
            .validate(each(each(framework::matches("[^\\s#]+", "a name without blanks"))))
            .example("{ \"10.10.10.10\" = [\"i.pigsty\"] }")
            .description(
                "Lines of `/etc/hosts`: address to names. They stand in a marked block; other lines are left alone."),
        nested("repositories", &Machine::repositories, repository_attributes())
            .optional()
            .validate(keys(framework::matches("[A-Za-z0-9][A-Za-z0-9_.-]*", "letters, digits, `_`, `.` and `-`")))
            .description("Package repositories by name, each a deb822 file of its own."),
        attribute("packages", &Machine::packages)
            .optional()
            .validate(each(framework::matches("[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+:~-]+)?", "`name` or `name=version`")))
            .example("[\"htop\"]")
            .description("Packages to install, as `name` or `name=version`. They stay at the version first installed, "
                         "and stay when "
                         "they leave the list."),
        attribute("timezone", &Machine::timezone)
            .optional()
            .validate(framework::matches("[A-Za-z0-9_+/-]+", "a name of the time zone database"))
            .example("\"Asia/Shanghai\"")
            .description("Time zone."),
        attribute("sysctl", &Machine::sysctl)
            .optional()
            .validate(keys(framework::matches("[A-Za-z0-9_./-]+", "a setting's name with dots")))
            .validate(each(no_control_characters()))
            .example("{ \"net.core.somaxconn\" = \"4096\" }")
            .description("Kernel settings: a file of ours and the live values. Live values stay when this is removed."),
        attribute("crontab", &Machine::crontab)
            .optional()
            .validate(each(no_control_characters()))
            .example("[\"00 01 * * * postgres /pg/bin/pg-backup full\"]")
            .description("Lines of a file of ours in `/etc/cron.d`, with the user column."),
        attribute("trusted_certificates", &Machine::trusted_certificates)
            .optional()
            .validate(keys(framework::matches("[A-Za-z0-9][A-Za-z0-9_.-]*", "letters, digits, `_`, `.` and `-`")))
            .validate(each(framework::text_rule("a certificate in PEM form",
                                                [](std::string_view text) {
                                                    return text.find("-----BEGIN CERTIFICATE-----") !=
                                                           std::string_view::npos;
                                                })))
            .description("CA certificates (PEM) by name that the whole machine trusts."),
    };
}

Attributes<NodeState> node_attributes() {
    return {within(&NodeState::machine, machine_attributes()),
            within(&NodeState::common, framework::common_attributes(
                                           {.deletion_protection = false, .ignore_example = "[\"* /etc/hosts\"]"}))};
}

}  // namespace

Declaration<NodeState> NodeResource::declare() const {
    return {.description =
                "Adopts a machine: host name, hosts, repositories, packages, time zone, kernel settings, cron, trusted "
                "certificates. Only what is set is managed, and each host-wide change is visible in the plan.\n\n"
                "Destroying it takes our files away and leaves packages, kernel settings, host name and time zone.",
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
