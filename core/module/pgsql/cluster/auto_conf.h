// postgresql.auto.conf (behaviour 6). We never write it. What somebody's ALTER SYSTEM left there wins over the configuration:
// of a parameter that is ours it is drift, taken back by ALTER SYSTEM RESET on that member. Other parameters are left alone
// and not shown, as are those that Patroni keeps (primary_conninfo).
//
//     sentences = auto_conf_drift(cluster, site.member, seen);        // "pg-test-1 postgresql.auto.conf: work_mem is 1MB"
//     const auto resets = auto_conf_resets(state.drift);              // plan and apply know of it by the state alone
//     TRY_VOID(reset_auto_conf(cluster, resets, site, context));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/converge/step.h"
#include "core/item/item.h"
#include "core/module/pgsql/spec/settings.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/node/probe.h"

namespace pigsty::module::pgsql {

// For the members' items: writes nothing, and puts the look at the file into the claim, so that it is answered together
// with everything else that is claimed on the node.
item::ItemPtr auto_conf_item();
node::Probe auto_conf_probe();

// The settings of such a file by name; of several the last counts.
Parameters auto_conf_values(std::string_view text);
// `seen` holds the answer to auto_conf_probe().
std::vector<std::string> auto_conf_drift(const PgCluster& cluster, const converge::Member& member,
                                         const node::Observation& seen);

struct AutoConfReset {
    std::string member;    // "pg-test-1"
    std::string name;      // "work_mem"
    std::string sentence;  // of the drift list: what was seen
    bool operator==(const AutoConfReset&) const = default;
};
// What of the drift list is ours to repair, in its order.
std::vector<AutoConfReset> auto_conf_resets(const std::vector<std::string>& drift);
// Some of these values are in effect only if their server was started with them, and stay until it starts again.
bool any_needs_restart(const std::vector<AutoConfReset>& resets, const Settings& settings);
// Sentences for last_change. `restart`: manual | rolling.
std::vector<std::string> auto_conf_forecast(const std::vector<AutoConfReset>& resets, std::string_view restart,
                                            const Settings& settings);

// Takes these back and makes PostgreSQL and Patroni read their files again.
node::Operation auto_conf_reset_operation(const PgCluster& cluster, const std::vector<std::string>& names);
// On one member: what is still there as the plan saw it. Error `conflict`, and nothing written there, where a value is
// another one now.
Status reset_auto_conf(const PgCluster& cluster, const std::vector<AutoConfReset>& resets, converge::Site& site,
                       converge::StepContext& context);

}  // namespace pigsty::module::pgsql
