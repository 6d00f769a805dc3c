// Overview: what a cluster does right now, as Patroni and PostgreSQL's leader tell it. Reads only.
//
//     TRY(const auto session, sessions.of(connection, cancel));
//     TRY(const Overview seen, overview_of(*session, cancel));
//     if (!seen.leader) …                                          // a failover is under way, or worse
//     seen.members.at("2").lag_bytes;
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/member_key.h"
#include "core/base/result.h"
#include "core/client/patroni.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

struct MemberOverview {
    std::string name;  // "pg-test-2"
    std::string address;
    std::string declared_role;  // primary | replica | offline: what the configuration says
    // What Patroni says; nothing where it does not know the member.
    std::optional<std::string> role{};        // leader | replica | sync_standby | quorum_standby | standby_leader
    std::optional<std::string> state{};       // running | streaming | starting | stopped …
    std::optional<std::string> sync_state{};  // of a standby: sync | quorum | async
    std::optional<std::int64_t> timeline{};
    std::optional<std::int64_t> lag_bytes{};  // of a standby, where Patroni knows it
    bool pending_restart = false;
    // It leads and takes connections, or the leader streams to it, by the leader's own word; by the member's where the
    // leader cannot be asked.
    bool serves = false;
    bool operator==(const MemberOverview&) const = default;
};

struct Overview {
    MemberMap<MemberOverview> members;
    std::optional<std::string> leader{};  // its name
    bool paused = false;
    // From the leader; empty, with the reason in `incomplete`, where there is none or its machine does not answer.
    std::string system_identifier{};
    std::string version_actual{};  // "17.6"
    std::map<std::string, std::string>
        settings{};  // what is not PostgreSQL's own default, with units, as SHOW writes it
    std::optional<Error> incomplete{};
};

// Error `unreachable` where no machine, or no Patroni, answers.
Result<Overview> overview_of(ClusterSession& session, const Cancel& cancel);

// The members of the specification as Patroni sees them.
MemberMap<MemberOverview> members_seen(const PgCluster& cluster, const client::PatroniCluster& seen);
// "17.6" of 170006.
std::string version_text(std::int64_t server_version);

}  // namespace pigsty::module::pgsql
