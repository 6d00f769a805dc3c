// Whether a virtual address can be where it is wanted: looked at before anything is written.
#include <algorithm>
#include <map>
#include <sstream>

#include <spdlog/fmt/fmt.h>

#include "core/base/quote.h"
#include "core/item/own_unit.h"
#include "core/item/precondition.h"
#include "core/item/virtual_address.h"
#include "core/module/pgsql/cluster/vip.h"
#include "core/module/pgsql/spec/reach.h"
#include "core/render/vip.h"

namespace pigsty::module::pgsql {
namespace {

// A line a fact: "package 3.0.0-2", "older 1.0.1-5", "interface host0", "network 10.10.10.11/24", "held host0",
// "neighbour 02:00:00:00:00:12". A word to the address makes the kernel ask who has it.
constexpr const char* kLook = R"sh(
version() {
    v=$(dpkg-query -W -f '${db:Status-Status} ${Version}' -- "$1" 2>/dev/null | sed -n 's/^installed //p')
    [ -n "$v" ] || v=$(LC_ALL=C apt-cache policy -- "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p')
    [ "$v" = '(none)' ] || printf %s "$v"
}
echo "package $(version vip-manager2)"
echo "older $(version vip-manager)"
if [ "$interface" = auto ]; then
    interface=$(ip -o -4 addr show | awk -v own="$member" '{ split($4, part, "/") } part[1] == own { sub(/@.*/, "", $2); print $2; exit }')
elif [ ! -e "/sys/class/net/$interface" ]; then
    interface=
fi
echo "interface $interface"
[ -n "$interface" ] || exit 0
ip -o -4 addr show dev "$interface" | awk '{ print "network", $4 }'
held=$(ip -o -4 addr show to "$address/32" | awk '{ sub(/@.*/, "", $2); print $2; exit }')
if [ -n "$held" ]; then
    echo "held $held"
    exit 0
fi
ip neigh del "$address" dev "$interface" 2>/dev/null
perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => $ARGV[0], PeerPort => 9) and $s->send("")' "$address" 2>/dev/null
for i in $(seq 40); do
    state=$(ip -4 neigh show to "$address")
    case $state in
    *INCOMPLETE*) sleep 0.1 ;;
    *FAILED* | '') break ;;
    *lladdr*) echo "neighbour $(printf '%s\n' "$state" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')"; break ;;
    *) break ;;
    esac
done
exit 0
)sh";

class VipPlace final : public item::VirtualAddressItem, public item::Precondition {
  public:
    VipPlace(const PgCluster& cluster, const converge::Member& member, VipAddress vip,
             const platform::Platform& platform)
        : VirtualAddressItem(vip.address),
          vip_(std::move(vip)),
          interface_(cluster.vip->interface),
          member_(member.address.address),
          package_(platform.packages(platform::Component::vip_manager).front()),
          system_(platform.name),
          system_has_it_(platform.versions.contains(platform::Component::vip_manager)) {}

    [[nodiscard]] node::Probes looks() const override {
        return {{node::ProbeKind::command, "address=" + shell_quote(vip_.address) + "\ninterface=" +
                                               shell_quote(interface_) + "\nmember=" + shell_quote(member_) + kLook}};
    }

    [[nodiscard]] Status check(const node::Observation& seen) const override {
        TRY_VOID(check_reach(seen));
        return check_free(facts_of(seen));
    }

    // Whether the member could have it, whoever has it now.
    [[nodiscard]] Status check_reach(const node::Observation& seen) const {
        const Facts facts = facts_of(seen);
        TRY_VOID(check_package(facts));
        return check_interface(facts);
    }

  private:
    using Facts = std::multimap<std::string, std::string>;

    [[nodiscard]] Facts facts_of(const node::Observation& seen) const {
        std::istringstream lines(seen.command(looks().begin()->key));
        Facts facts;
        for (std::string line; std::getline(lines, line);) {
            const std::size_t blank = line.find(' ');
            if (blank != std::string::npos && blank + 1 < line.size())
                facts.emplace(line.substr(0, blank), line.substr(blank + 1));
        }
        return facts;
    }

    static std::string fact(const Facts& facts, const std::string& name) {
        const auto found = facts.find(name);
        return found == facts.end() ? std::string() : found->second;
    }

    [[nodiscard]] Status check_package(const Facts& facts) const {
        const std::string older = fact(facts, "older");
        const std::string found = fact(facts, "package");
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

    [[nodiscard]] Status check_interface(const Facts& facts) const {
        const std::string interface = fact(facts, "interface");
        if (interface.empty())
            return fail(
                Error{ErrorCode::invalid,
                      interface_ == kAutoInterface
                          ? fmt::format("vip.interface: expected an interface that holds {}, found none", member_)
                          : fmt::format("vip.interface: expected an interface {}, found none of that name", interface_)}
                    .with_hint("`ip -4 addr` on this machine shows its interfaces"));
        std::string networks;
        const auto [first, last] = facts.equal_range("network");
        for (auto each = first; each != last; ++each) {
            const std::size_t slash = each->second.find('/');
            const auto parsed = parse_vip(each->second);
            if (slash != std::string::npos && parsed &&
                network_of_address(vip_.address, parsed->prefix) == parsed->network)
                return {};
            networks += (networks.empty() ? "" : ", ") + each->second;
        }
        return fail(
            Error{ErrorCode::invalid, fmt::format("vip.address: expected {} to be in a network of {}, found {} there",
                                                  vip_.address, interface, networks.empty() ? "none" : networks)}
                .with_hint("choose an address of that network, or another interface"));
    }

    [[nodiscard]] Status check_free(const Facts& facts) const {
        const std::string held = fact(facts, "held");
        const std::string neighbour = fact(facts, "neighbour");
        if (held.empty() && neighbour.empty()) return {};
        return fail(
            Error{ErrorCode::conflict,
                  fmt::format("vip.address: expected nobody to have {}, found it {}", vip_.address,
                              held.empty() ? "answered for by " + neighbour : "on " + held + " of this machine")}
                .with_hint("choose a free address, or take it off the machine that has it"));
    }

    VipAddress vip_;
    std::string interface_;
    std::string member_;
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
