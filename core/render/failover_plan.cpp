#include "core/render/failover_plan.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace pigsty::render {

// Patroni itself would change what does not hold this, and say so in its log alone.
static_assert(std::ranges::all_of(kFailoverPlans, keeps_its_lease));

const FailoverPlan& failover_plan(std::string_view name) {
    const auto found = std::ranges::find(kFailoverPlans, name, &FailoverPlan::name);
    return found == kFailoverPlans.end() ? failover_plan(kNormalFailover) : *found;
}

std::string server_checks(const FailoverPlan& plan) {
    return fmt::format("inter {} fastinter {} downinter {} rise {} fall {}", plan.inter, plan.fastinter, plan.downinter,
                       plan.rise, plan.fall);
}

std::string default_server(const FailoverPlan& plan) {
    return server_checks(plan) + " on-marked-down shutdown-sessions slowstart 30s maxconn 3000 maxqueue 128 weight 100";
}

}  // namespace pigsty::render
