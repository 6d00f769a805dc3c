// The condition of an etcd cluster beyond its files and units: authentication, alarms, quorum, the members' data. Seen by a
// look that travels with that at everything else of a node; told as drift, and repaired by the sentences of that drift.
//
//     sentences = condition_drift(cluster, looks);          // "etcd authentication: is off, …"
//     const Repairs repairs = repairs_of(cluster, drift);   // plan and apply know of it by the state alone
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/item/item.h"
#include "core/module/etcd/spec.h"
#include "core/node/probe.h"

namespace pigsty::module::etcd {

// For the members' items: writes nothing, and puts the look into the claim, so that it is answered together with everything
// else that is claimed on the node.
item::ItemPtr condition_item(const EtcdCluster& cluster);
node::Probe condition_probe(const EtcdCluster& cluster);

struct MemberCondition {
    bool has_data = false;
    bool reads = false;      // it answers a read that a quorum agrees in
    bool is_open = false;    // … of somebody who did not log in
    bool is_barred = false;  // TLS let nobody in who could ask: the certificate is drift of its own
    std::set<std::string> alarms{};
};
MemberCondition member_condition(std::string_view look);
// For MemberCondition::is_barred: whether a certificate that the look needs has ended. Certificates' own items look at them, too.
node::Probes certificate_probes();
bool is_barred(const node::Observation& seen);

// What was seen of one member.
struct MemberLook {
    std::string member;       // "etcd-2"
    bool is_running = false;  // its unit; else that is drift by itself
    MemberCondition condition{};
};
// Of all members that answer, in sentences that do not move by themselves.
std::vector<std::string> condition_drift(const EtcdCluster& cluster, const std::vector<MemberLook>& looks);

struct Repairs {
    bool authentication = false;
    bool space = false;            // an alarm: NOSPACE
    bool corrupt = false;          // an alarm: CORRUPT, which nobody repairs by a rule
    bool quorum = false;           // members are waited for
    std::set<std::string> lost{};  // members whose data is gone
    [[nodiscard]] bool any() const { return authentication || space || corrupt || quorum || !lost.empty(); }
    bool operator==(const Repairs&) const = default;
};
// What of the drift list is ours to repair.
Repairs repairs_of(const EtcdCluster& cluster, const std::vector<std::string>& drift);
// Sentences for last_change.
std::vector<std::string> repairs_forecast(const EtcdCluster& cluster, const Repairs& repairs);

}  // namespace pigsty::module::etcd
