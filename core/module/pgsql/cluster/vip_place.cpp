// Whether a virtual address can be where it is wanted: looked at before anything is written.
#include <algorithm>
#include <sstream>

#include <spdlog/fmt/fmt.h>

#include "core/item/address_place.h"
#include "core/item/own_unit.h"
#include "core/module/pgsql/cluster/vip.h"
#include "core/module/pgsql/spec/reach.h"
#include "core/render/vip.h"

namespace pigsty::module::pgsql {
namespace {

// "package 3.0.0-2", "older 1.0.1-5": what is installed, else what could be.
constexpr const char* kPackageLook = R"sh(
version() {
    v=$(dpkg-query -W -f '${db:Status-Status} ${Version}' -- "$1" 2>/dev/null | sed -n 's/^installed //p')
    [ -n "$v" ] || v=$(LC_ALL=C apt-cache policy -- "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p')
    [ "$v" = '(none)' ] || printf %s "$v"
}
echo "package $(version vip-manager2)"
echo "older $(version vip-manager)"
)sh";

class VipPlace final : public item::AddressPlace {
  public:
    VipPlace(const PgCluster& cluster, const converge::Member& member, SharedAddress vip,
             const platform::Platform& platform)
        : AddressPlace({.address = std::move(vip),
                        .interface = cluster.vip->interface,
                        .own = member.address.address,
                        .attribute = "vip."}),
          package_(platform.packages(platform::Component::vip_manager).front()),
          system_(platform.name),
          system_has_it_(platform.versions.contains(platform::Component::vip_manager)) {}

    [[nodiscard]] node::Probes looks() const override {
        node::Probes probes = AddressPlace::looks();
        probes.insert({node::ProbeKind::command, kPackageLook});
        return probes;
    }
    [[nodiscard]] Status check_reach(const node::Observation& seen) const override {
        TRY_VOID(check_package(seen.command(kPackageLook)));
        return AddressPlace::check_reach(seen);
    }

  private:
    [[nodiscard]] Status check_package(const std::string& text) const {
        std::istringstream lines(text);
        std::string found, older;
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("package ")) found = line.substr(std::string_view("package ").size());
            if (line.starts_with("older ")) older = line.substr(std::string_view("older ").size());
        }
        const auto newer = [](const std::string& version) {
            return platform::at_least(version, platform::Version("2"));
        };
        if (!found.empty() && newer(found)) return {};
        // Its repositories are not read yet: the installation says what is missing.
        if (found.empty() && older.empty() && system_has_it_) return {};
        return fail(Error{
            ErrorCode::unsupported,
            fmt::format("expected vip-manager 2 or newer in the package {} (older ones read etcd by its API of version "
                        "2, where Patroni's keys are not), found {} ({})",
                        package_,
                        !found.empty()  ? found
                        : older.empty() ? "none"
                                        : "vip-manager " + older,
                        system_)}
                        .with_hint(
                            "use machines with Debian 13 or newer, give these a repository that has it (repositories "
                            "of their pigsty_node), or leave vip out"));
    }

    std::string package_;
    std::string system_;
    bool system_has_it_;
};

}  // namespace

item::Items vip_reservation(const PgCluster& cluster, const converge::Member& member,
                            const platform::Platform& platform) {
    auto vip = vip_of(cluster);
    if (!vip) return {};
    return {std::make_shared<VipPlace>(cluster, member, *std::move(vip), platform),
            std::make_shared<item::OwnUnitItem>(render::kVipUnit)};
}

bool is_other_vip(const PgCluster& cluster, const PgCluster* before) {
    return before != nullptr && cluster.vip && cluster.vip != before->vip;
}

Status check_vip_place(const PgCluster& cluster, converge::Site& site, converge::StepContext& context) {
    const item::Items items = vip_reservation(cluster, site.member, platform::platform_at(site.node));
    if (items.empty()) return {};
    for (const item::ItemPtr& each : items) {
        const auto* condition = dynamic_cast<const item::Precondition*>(each.get());
        if (condition == nullptr) continue;
        // What a claim holds is ours: an apply that goes on, or an address that came before. It may be on any member.
        const bool is_ours = std::ranges::any_of(context.sites(), [&](const auto& other) {
            return other->claim && other->claim->items.contains(each->label());
        });
        const auto* place = dynamic_cast<const VipPlace*>(condition);
        if (is_ours && place == nullptr) continue;
        TRY(const node::Observation seen, site.node->observe_now(condition->looks(), context.cancel()));
        auto status = is_ours ? place->check_reach(seen) : condition->check(seen);
        if (!status) return fail(std::move(status).error().at_host(site.member.name));
    }
    return {};
}

}  // namespace pigsty::module::pgsql
