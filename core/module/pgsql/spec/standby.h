// `standby` of a cluster: it follows another one, its upstream, and takes no writes until it is promoted. What both sides need
// for it. Pure.
//
//     if (cluster.standby) … standby_slot(cluster.name)      // "pg_test2_standby", a replication slot of the upstream's
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/json_fields.h"
#include "core/module/pgsql/spec/connection.h"

namespace pigsty::module::pgsql {

struct Standby {
    Connection upstream;
    std::int64_t port = 5432;            // of the upstream's PostgreSQL
    std::optional<std::string> delay{};  // how long after its commit there a transaction is applied; null: at once
    bool operator==(const Standby&) const = default;
};

void fields(auto& visit, FieldsOf<Standby> auto& standby) {
    visit("upstream", standby.upstream);
    visit("port", standby.port);
    visit("delay", standby.delay);
}

// The slot's name at the upstream. No member's slot has such a name: those end with a number.
std::string standby_slot(const std::string& cluster);
inline constexpr std::size_t kLongestSlot = 63;

// Every member of the upstream, as Patroni wants them: with several of them and a slot it asks each whether it leads.
std::string upstream_hosts(const Standby& standby);

// What makes an upstream that has lost its power known: nothing else tells a connection that its other end is gone. Together with
// kSynRetries, after which a connection attempt is given up (1 + 2 + 4 seconds), and PostgreSQL's pause between attempts.
inline constexpr const char* kReceiverTimeout = "10s";
inline constexpr const char* kSynRetries = "2";
// After somebody leads there again, with three members of which one is off: the receiver's timeout, an attempt at the dead member,
// and pauses (5 s) in between.
inline constexpr std::chrono::seconds kFollowsWithin{30};

}  // namespace pigsty::module::pgsql
