#include "core/item/address_place.h"

#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "core/base/quote.h"

namespace pigsty::item {
namespace {

// A line a fact: "interface host0", "network 10.10.10.11/24", "held host0", "neighbour 02:00:00:00:00:12". A word to the address
// makes the kernel ask who has it.
constexpr const char* kLook = R"sh(
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

using Facts = std::multimap<std::string, std::string>;

Facts facts_of(const AddressPlaceSpec& spec, const node::Observation& seen) {
    std::istringstream lines(seen.command(AddressPlace::probe_of(spec).key));
    Facts facts;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t blank = line.find(' ');
        if (blank != std::string::npos && blank + 1 < line.size())
            facts.emplace(line.substr(0, blank), line.substr(blank + 1));
    }
    return facts;
}

std::string fact(const Facts& facts, const std::string& name) {
    const auto found = facts.find(name);
    return found == facts.end() ? std::string() : found->second;
}

}  // namespace

node::Probe AddressPlace::probe_of(const AddressPlaceSpec& spec) {
    return {node::ProbeKind::command, "address=" + shell_quote(spec.address.address) + "\ninterface=" +
                                          shell_quote(spec.interface) + "\nmember=" + shell_quote(spec.own) + kLook};
}

std::string AddressPlace::interface_seen(const AddressPlaceSpec& spec, const node::Observation& seen) {
    return fact(facts_of(spec, seen), "interface");
}

Status AddressPlace::check(const node::Observation& seen) const {
    TRY_VOID(check_reach(seen));
    const Facts facts = facts_of(spec_, seen);
    const std::string held = fact(facts, "held");
    const std::string neighbour = fact(facts, "neighbour");
    if (held.empty() && neighbour.empty()) return {};
    return fail(
        Error{ErrorCode::conflict,
              fmt::format("{}address: expected nobody to have {}, found it {}", spec_.attribute, spec_.address.address,
                          held.empty() ? "answered for by " + neighbour : "on " + held + " of this machine")}
            .with_hint("choose a free address, or take it off the machine that has it"));
}

Status AddressPlace::check_reach(const node::Observation& seen) const {
    const Facts facts = facts_of(spec_, seen);
    const std::string interface = fact(facts, "interface");
    if (interface.empty())
        return fail(Error{ErrorCode::invalid,
                          spec_.interface == kAutoInterface
                              ? fmt::format("{}interface: expected an interface that holds {}, found none",
                                            spec_.attribute, spec_.own)
                              : fmt::format("{}interface: expected an interface {}, found none of that name",
                                            spec_.attribute, spec_.interface)}
                        .with_hint("`ip -4 addr` on this machine shows its interfaces"));
    std::string networks;
    const auto [first, last] = facts.equal_range("network");
    for (auto each = first; each != last; ++each) {
        const auto parsed = parse_shared_address(each->second);
        if (parsed && network_of_address(spec_.address.address, parsed->prefix) == parsed->network) return {};
        networks += (networks.empty() ? "" : ", ") + each->second;
    }
    return fail(Error{ErrorCode::invalid,
                      fmt::format("{}address: expected {} to be in a network of {}, found {} there", spec_.attribute,
                                  spec_.address.address, interface, networks.empty() ? "none" : networks)}
                    .with_hint("choose an address of that network, or another interface"));
}

}  // namespace pigsty::item
