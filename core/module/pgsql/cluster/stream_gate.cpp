#include "core/module/pgsql/cluster/stream_gate.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/module/pgsql/cluster/serving.h"
#include "core/module/pgsql/spec/layout.h"

namespace pigsty::module::pgsql {
namespace {

// Patroni makes a standby's slot in the leader's next round, up to loop_wait from now, and a standby that comes up before
// that tries again only five seconds later (wal_retrieve_retry_interval). A change that changes nothing wakes the leader.
// Where that fails, it just takes longer.
void wake_leader(const Members& members, const Cancel& cancel) {
    const auto leader = members.leader(cancel);
    if (!leader) return;
    const auto patroni = members.patroni_with_login(*leader, cancel);
    if (patroni) (void)patroni->patch_config({{"pigsty", nullptr}}, cancel);
}

// How far a member came. A server that dies after each start comes to the same states again and again, and writes the same
// files: neither is progress.
class Progress {
  public:
    std::string with(const std::string& state, const std::string& bytes) {
        if (states_.insert(state).second) state_ = state;
        std::int64_t now = 0;
        std::from_chars(bytes.data(), bytes.data() + bytes.size(), now);
        bytes_ = std::max(bytes_, now);
        return state_ + " " + std::to_string(bytes_);
    }

  private:
    std::set<std::string> states_;
    std::string state_;
    std::int64_t bytes_ = 0;
};

}  // namespace

Status wait_for_stream(const PgCluster& cluster, ClusterSession& session, const Members& members, converge::Site& site,
                       converge::StepContext& context) {
    const client::Patroni own = members.patroni({site.member.name, site.node});
    // A base backup of terabytes is progress as long as bytes arrive (behaviour 2).
    const std::string size = "du -sb " + std::string(kDataDir) + "/ 2>/dev/null | cut -f1";
    bool is_announced = false;
    Progress progress;
    auto streams = context.wait_for(
        {.fact = site.member.name + " streams", .node = site.node, .unit = kPatroniService, .logs = patroni_logs()},
        [&]() -> Result<converge::Look> {
            TRY(const auto status, own.status(context.cancel()));
            // Once: a member that came back with another system's data must not make that the proof.
            if (status.state == "running" && site.claim && !site.claim->facts.contains("system_identifier"))
                site.claim->facts["system_identifier"] = status.system_identifier;
            if (status.state == "running" && status.leads()) {
                // It calls itself primary before it holds the lock and takes connections for us.
                TRY_VOID(streaming_members(session, context.cancel()));
                return converge::Look{.reached = true};
            }
            if (status.state == "running" && status.is_streaming &&
                !is_known_to_the_leader(cluster.instances.at(site.member.number)))
                return converge::Look{.reached = true};
            if (status.state == "running" && status.is_streaming) {
                // What the next refresh will ask, too: the leader's own word.
                TRY(const auto streaming, streaming_members(session, context.cancel()));
                if (streaming.contains(site.member.name)) return converge::Look{.reached = true};
            }
            // Any of these comes after the member has shown itself to the others.
            if (!is_announced &&
                (status.state == "creating replica" || status.state == "starting" || status.state == "running")) {
                is_announced = true;
                wake_leader(members, context.cancel());
            }
            TRY(const auto results,
                site.node->request({node::RunScript{.text = size, .may_fail = true, .writes = false}},
                                   context.cancel()));
            return converge::Look{.reached = false, .moved = progress.with(status.state, results.back().out)};
        });
    if (!streams)
        return fail(std::move(streams).error().with_hint(
            "where its data cannot follow the leader any more, `patronictl -c /etc/patroni/patroni.yml "
            "reinit " +
            cluster.name + " " + site.member.name + "` copies the leader anew; then apply again"));
    context.changed_something(site);
    return {};
}

}  // namespace pigsty::module::pgsql
