#include "core/module/vip/spec.h"

#include <algorithm>
#include <iterator>

#include "core/base/number.h"
#include "core/base/unknown.h"

namespace pigsty::module::vip {
namespace {

constexpr std::int64_t kFirstPriority = 250;

bool is_shared_address(std::string_view text) {
    const auto shared = parse_shared_address(text);
    return shared && is_host_address(*shared);
}

bool is_unit(std::string_view text) {
    return text.size() <= 128 && (text.ends_with(".service") || text.ends_with(".socket")) && text.front() != '-' &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                      c == '_' || c == '-' || c == '@';
           });
}

}  // namespace

const TextRule kSharedAddress{
    "an IPv4 address that a machine may have, with the prefix of its network, as 10.10.10.3/24", is_shared_address};
const TextRule kInterface{"the name of a network interface, as eth1", is_interface_name};
const TextRule kUnitName{"the name of a unit with its suffix, as haproxy.service", is_unit};

std::int64_t priority_of(const VirtualIp& vip, const std::string& number) {
    const auto found = vip.members.find(number);
    if (found == vip.members.end()) return kFirstPriority;
    if (found->second.priority) return *found->second.priority;
    return kFirstPriority - std::distance(vip.members.begin(), found);
}

std::string interface_of(const VirtualIp& vip, const std::string& number) {
    const auto found = vip.members.find(number);
    if (found != vip.members.end() && found->second.interface) return *found->second.interface;
    return vip.interface.value_or("");
}

std::string host_of(const VirtualIp& vip) {
    return has_unknown(vip.address) ? vip.address : vip.address.substr(0, vip.address.find('/'));
}

std::int64_t router_id_of(const VirtualIp& vip) {
    if (vip.router_id) return *vip.router_id;
    const std::string host = host_of(vip);
    return number_in(std::string_view(host).substr(host.rfind('.') + 1)).value_or(kRouterIds.least);
}

}  // namespace pigsty::module::vip
