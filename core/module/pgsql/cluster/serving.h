// Serving: whether each member does what it is for: one leads and takes connections, the others stream from it. A unit that
// runs proves neither: Patroni may run over a PostgreSQL that does not start, or that left the leader's timeline.
//
//     TRY(const Serving seen, look_at_serving(*session, members, conclusive, cancel));
//     if (!seen.sentences.empty()) …        // "pg-test-3 postgresql: does not stream from the leader"
//
// A failover, a restart and a rewind pass by themselves within a bounded time, and are no drift: what is amiss is looked at
// again until that has passed. The sentences name neither the leader nor a state that moves.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/client/patroni.h"
#include "core/converge/step.h"
#include "core/item/item.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/render/failover_plan.h"

namespace pigsty::module::pgsql {

// What was seen of a cluster at one moment.
struct Moment {
    client::PatroniCluster patroni;
    std::set<std::string> reached;  // members whose machines answer us
    std::optional<std::set<std::string>>
        streaming{};  // members that the leader streams to; nothing: it could not be asked
};
// The leader knows only who streams from itself, and who lags behind on purpose may stay with the one before: of these members
// their own word counts.
bool is_known_to_the_leader(const Instance& instance);
// Whether that member follows the leader, itself or by way of the member that it is declared to stream from. One that lags behind
// on purpose takes another upstream, a new leader as well, only when it has applied what it holds back (PostgreSQL: the startup
// process starts the walreceiver anew where it waits for WAL, and not while it waits for a delay): that it runs has to do.
bool follows(const PgCluster& cluster, const std::string& number, const Moment& moment);
// One sentence for each member that does not serve, in the order of their numbers. Nothing is said of machines that do not
// answer (they may serve all the same), nor of a cluster that is paused: somebody works on it.
std::vector<std::string> not_serving(const PgCluster& cluster, const Moment& moment);

// How long to go on looking at what is amiss: a cluster without a leader gets the time of a failover, and its standbys that of
// a restart, counted from when a leader is there. Both together are the end, however often leaders come and go.
//
//     Patience patience(Cancel::Clock::now(), render::failover_plan(cluster.rto));
//     while (amiss && patience.lasts(is_led, Cancel::Clock::now())) …
class Patience {
  public:
    using Time = Cancel::Clock::time_point;
    explicit Patience(Time begun, const render::FailoverPlan& plan = render::failover_plan(render::kNormalFailover))
        : begun_(begun), since_(begun), plan_(plan) {}
    bool lasts(bool is_led, Time now);

  private:
    Time begun_;
    Time since_;
    const render::FailoverPlan& plan_;
    bool was_led_ = true;  // one that never was without a leader has its time from the beginning
};

struct Serving {
    Moment moment;
    std::vector<std::string> sentences;
    std::optional<Error>
        leader_silent{};  // why the leader, whose machine or server does not answer, could not be asked
};
// `conclusive`: sentences that were said before, which need no second look, and names of members whose Patroni does not run.
Result<Serving> look_at_serving(ClusterSession& session, const Members& members,
                                const std::set<std::string>& conclusive, const Cancel& cancel);

// Members that the leader streams to, by its own word.
Result<std::set<std::string>> streaming_members(ClusterSession& session, const Cancel& cancel);

// Whether this drift is about members that do not serve: what repairs it has to wait until they do.
bool is_about_serving(const PgCluster& cluster, const std::vector<std::string>& drift);

// Puts what drift of a member's data needs into the one look at its node; writes nothing.
item::ItemPtr data_folder_item();
// "pg-test-3 /pg/data: no PostgreSQL data there"; nothing where they are.
std::optional<std::string> data_folder_drift(const converge::Member& member, const node::Observation& seen);
node::Probe data_folder_probe();

}  // namespace pigsty::module::pgsql
