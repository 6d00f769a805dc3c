#include "core/module/pgsql/cluster/watchdog.h"

#include <spdlog/fmt/fmt.h>

#include "core/item/precondition.h"
#include "core/item/reservation.h"
#include "core/module/pgsql/spec/reach.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {
namespace {

// Not opened: that would start it.
std::string device_script() { return fmt::format("[ ! -c {0} ] || stat -c %U {0}\n", render::kWatchdogDevice); }

class WatchdogItem final : public item::ReservationItem, public item::Precondition {
  public:
    WatchdogItem() : ReservationItem("watchdog") {}

    [[nodiscard]] node::Probes looks() const override { return {{node::ProbeKind::command, device_script()}}; }
    [[nodiscard]] Status check(const node::Observation& seen) const override {
        if (!seen.command(device_script()).empty()) return {};
        return fail(
            Error{ErrorCode::unsupported,
                  fmt::format("patroni.watchdog: expected a watchdog device at {}, found none: with \"required\" "
                              "this member could never lead",
                              render::kWatchdogDevice)}
                .with_hint("load its driver there and at each boot (softdog where the machine has no other: a file in "
                           "/etc/modules-load.d), or set patroni.watchdog = \"automatic\""));
    }
};

}  // namespace

item::Items watchdog_reservation(const PgCluster& cluster) {
    if (watchdog_of(cluster) != "required") return {};
    return {std::make_shared<WatchdogItem>()};
}

Status check_watchdog(const PgCluster&, converge::Site& site, converge::StepContext& context) {
    const WatchdogItem device;
    TRY(const node::Observation seen, site.node->observe_now(device.looks(), context.cancel()));
    if (auto status = device.check(seen); !status) return fail(std::move(status).error().at_host(site.member.name));
    return {};
}

Status give_watchdog(const PgCluster& cluster, converge::Site& site, converge::StepContext& context) {
    if (watchdog_of(cluster) == "off") return {};
    const node::Probe look{node::ProbeKind::command, device_script()};
    TRY(const node::Observation seen, site.node->observe_now({look}, context.cancel()));
    const std::string owner = seen.command(look.key);
    if (owner.empty() || owner == "postgres\n") return {};
    TRY_VOID(
        context.request(site, {node::RunScript{.text = fmt::format("chown postgres {}\n", render::kWatchdogDevice)}}));
    context.changed_something(site);
    return {};
}

}  // namespace pigsty::module::pgsql
