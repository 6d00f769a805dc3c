// Steps of a standby cluster: what must fit before anything is written, that it streams from its upstream, and its promotion.
#pragma once

#include <optional>
#include <string>

#include "core/converge/step.h"
#include "core/module/pgsql/cluster/table.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// What it would copy, as the upstream's own claim and its leader say it.
struct UpstreamFacts {
    PgCluster cluster;
    std::map<std::string, std::int64_t> least{};  // settings that a standby must have at least as high
};
Result<UpstreamFacts> upstream_facts(const Standby& standby, Sessions& sessions, const Cancel& cancel);
// Why `cluster` could not follow it; version and sizing must be decided. Pure.
std::optional<Error> upstream_problem(const PgCluster& cluster, const UpstreamFacts& upstream);

// What the standby cluster's leader says of itself.
struct FollowerSeen {
    bool in_recovery = true;
    bool streams = false;
    double delay = 0;  // milliseconds
    std::string received{};
};
extern const char* const kFollowerQuery;
// Nothing where that is no answer to it.
std::optional<FollowerSeen> read_follower(std::string_view json);

// The leader streams from the upstream, and applies as late as it shall. `streams`: false where it is enough that the delay is
// right: while a server waits for a delay, it does not look for another upstream.
Status wait_for_upstream(const PgCluster& cluster, const Members& members, bool streams, converge::Site& site,
                         converge::StepContext& context);
// Somebody took `standby_cluster` away by hand: to bring it back would take back what was written since.
Status refuse_promoted(const PgCluster& cluster, const Members& members, const Cancel& cancel);

// The leader applies what its upstream has written by now, then takes writes. `before`: the specification with `standby`.
// Where the upstream does not answer, with a warning: with what was received.
Status promote(const PgCluster& before, const Members& members, const Ways& ways, converge::Site& site,
               converge::StepContext& context);

// What the plan says of a change.
std::vector<std::string> standby_forecast(const PgCluster& before, const PgCluster& after);

}  // namespace pigsty::module::pgsql
