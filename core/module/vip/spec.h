// What a user asks of an address that one of some machines has, whichever of them lives (pigsty_vip): keepalived.
//
//     claim.spec = write_json(vip);
//     TRY(const VirtualIp vip, read_json<VirtualIp>(claim.spec));
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/constraint.h"
#include "core/base/json_fields.h"
#include "core/base/member_key.h"
#include "core/base/shared_address.h"
#include "core/module/platform/node_address_fields.h"
#include "core/node/node.h"

namespace pigsty::module::vip {

// What must live on a machine that has the address: one of them.
struct Check {
    std::optional<std::string> unit{};
    std::optional<std::int64_t> port{};
    bool operator==(const Check&) const = default;
};

struct Holder {
    node::NodeAddress node;
    std::optional<std::int64_t> priority{};  // null: by number, the lowest first
    std::optional<std::string> interface{};  // null: the resource's
    bool operator==(const Holder&) const = default;
};

struct VirtualIp {
    std::string name;
    std::string address;  // "10.10.10.3/24"
    MemberMap<Holder> members;
    std::optional<std::string> interface{};   // null until it is decided: what holds the members' addresses
    std::optional<std::int64_t> router_id{};  // null: the address's last number
    bool preempt = false;
    std::optional<Check> check{};
    bool operator==(const VirtualIp&) const = default;
};

void fields(auto& visit, FieldsOf<Check> auto& check) {
    visit("unit", check.unit);
    visit("port", check.port);
}

void fields(auto& visit, FieldsOf<Holder> auto& holder) {
    fields(visit, holder.node);
    visit("priority", holder.priority);
    visit("interface", holder.interface);
}

void fields(auto& visit, FieldsOf<VirtualIp> auto& vip) {
    visit("name", vip.name);
    visit("address", vip.address);
    visit("members", vip.members);
    visit("interface", vip.interface);
    visit("router_id", vip.router_id);
    visit("preempt", vip.preempt);
    visit("check", vip.check);
}

inline constexpr Range kPriorities{1, 254};
inline constexpr Range kRouterIds{1, 255};
inline constexpr std::size_t kMostMembers = 20;

extern const TextRule kSharedAddress;
extern const TextRule kInterface;
extern const TextRule kUnitName;

// Of a member: as written, else 250 for the lowest number, one less for each after it. Near each other: the wait of a backup
// before it takes over is (256 - priority) / 256 s longer than three advertisements (RFC 3768).
std::int64_t priority_of(const VirtualIp& vip, const std::string& number);
// Where the address goes on that member; empty while it is not decided.
std::string interface_of(const VirtualIp& vip, const std::string& number);
std::int64_t router_id_of(const VirtualIp& vip);
// The address without its prefix; what is not known yet stays the mark that it is.
std::string host_of(const VirtualIp& vip);

}  // namespace pigsty::module::vip
