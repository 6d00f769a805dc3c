// What an etcd cluster does right now, from the look at its members that a refresh takes anyway (condition.h).
//
//     TRY(const auto seen, node->observe({condition_probe(cluster)}, cancel));
//     const Overview overview = overview_of(cluster, {{"1", seen.command(condition_probe(cluster).key)}, {"2", std::nullopt}});
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "core/base/member_key.h"
#include "core/module/etcd/spec.h"

namespace pigsty::module::etcd {

struct MemberOverview {
    std::string name;
    std::string address;
    bool healthy = false;  // it answers a read that a quorum agrees in
    bool leads = false;
    // Nothing of these where it did not answer.
    std::optional<std::string> id{};  // as etcdctl shows it, in hexadecimal
    std::optional<std::string> version{};
    std::optional<std::int64_t> database_size{};         // bytes of its file
    std::optional<std::int64_t> database_size_in_use{};  // the rest a defragmentation would give back
    std::optional<std::int64_t> revision{};
    std::set<std::string> alarms{};  // that it knows of, whoever's they are
    bool operator==(const MemberOverview&) const = default;
};

struct Overview {
    MemberMap<MemberOverview> members;
    std::optional<std::string> leader{};          // the member's name
    std::optional<std::string> version{};         // the oldest of those that answer
    bool healthy = false;                         // all members are
    bool quorum = false;                          // some member is
    std::optional<std::int64_t> database_size{};  // of the largest file
    std::optional<std::int64_t> revision{};       // the newest
    std::set<std::string> alarms{};
    bool operator==(const Overview&) const = default;
};

// `looks`: what the look at each member printed; nothing where its machine did not answer.
Overview overview_of(const EtcdCluster& cluster, const MemberMap<std::optional<std::string>>& looks);

}  // namespace pigsty::module::etcd
