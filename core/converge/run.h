// Run: one operation of one resource over its members.
//
//     Run run({.identity = {"etcd_cluster", "etcd"}, .members = members, .spec = spec_json, .connect = connect,
//              .progress = sink}, cancel);
//     TRY_VOID(run.connect());                       // all members in parallel: facts and claims (request 1 of each)
//     spec.sizing = smallest(run.sites());
//     TRY_VOID(run.create(table_of(spec)));          // or update(), destroy()
//     state.id = run.identity().id;
//
// What it guarantees (behaviour 1, 2, 3, 5, 10):
//  - create: refuses what exists without our unfinished claim, resumes what is ours and unfinished, takes over what a run
//    made that was killed before any state knew of it, writes the claim before the first item and each item's entry with its
//    write, so that a kill at any point leaves a truthful claim.
//  - update: observes everything it may touch; nothing is written anywhere when an item is neither as desired nor as it was
//    planned from. Where nothing differs, nothing is written: no lease, no journal, no claim.
//  - handlers run once, after the files they depend on; a file that breaks the service that reads it is put back.
//  - destroy states from claims alone.
// Not thread-safe; one Run is one operation.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/converge/handover.h"
#include "core/converge/plan.h"
#include "core/converge/progress.h"
#include "core/converge/step.h"
#include "core/node/node.h"

namespace pigsty::converge {

// Usually `[&pool](const auto& address, const auto& cancel) { return pool.node(address, cancel); }`.
using ConnectMember = std::function<Result<node::NodePtr>(const node::NodeAddress&, const Cancel&)>;

struct RunOptions {
    Identity identity;
    std::vector<Member> members;
    nlohmann::json spec{};  // stored in the claims; without secrets
    ConnectMember connect;
    std::shared_ptr<ProgressSink> progress{};  // may be null
    std::size_t max_parallel_nodes = 32;
    std::chrono::milliseconds lock_timeout = std::chrono::minutes(5);
    // Other nodes that this operation writes to (those of the etcd it changes), as far as they answer: leased together with
    // the members. Asked when the lease is taken; may be empty.
    std::function<std::vector<node::NodePtr>()> also_writes{};
    // The import id that the "exists already" error prints; {} : "NAME@ADDRESS".
    std::string import_id{};
    // This process's; null: claims are handed over as soon as they are ready.
    std::shared_ptr<Handover> handover{};
};

// A machine that does not answer, unlike one that refuses: it is passed over where others are enough (behaviour 5).
bool is_silence(const Error& error);

// What a Read found. `drift` and `observed` hold nothing that moves by itself (time, leader), so they do not flap.
struct Drift {
    std::vector<std::string> sentences;           // sorted: "pg-test-2 /etc/haproxy/haproxy.cfg: content differs"
    std::set<std::string> keys;                   // of `managed`: what the sentences are about
    std::map<std::string, std::string> observed;  // key → fingerprint of what was seen; private state, for update()
    std::set<std::string> due;               // keys that time alone makes necessary (Item::due); private state, too
    std::vector<std::string> unreachable;    // names of members that did not answer
    std::map<std::string, Error> why;        // … and the error of each
    std::vector<std::string> lease_holders;  // who is changing these nodes right now: to be warned about
    bool gone = false;                       // no member that answered knows of it: to be created again
};

// What the plan was made from and shows.
struct Planned {
    Managed managed;                              // planned; unknown entries are not checked
    Managed prior;                                // of the state
    std::map<std::string, std::string> observed;  // Drift::observed of the Read before the plan
    std::set<std::string> due{};                  // … and its Drift::due: made anew as long as they are as observed
    // Drift that is left alone: keys or patterns with `*`; "*" for drift_policy = "report".
    std::vector<std::string> ignore{};
};

// In the facts of a claim that is being removed: its create had not finished, so that what only a finished one knows of
// itself is missing.
inline constexpr const char* kUnfinished = "unfinished";

class Run {
  public:
    class Engine;  // the state of one operation: run_engine.h

  public:
    Run(RunOptions options, Cancel cancel);
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    // Connects to all members in parallel. Fails when one does not answer, unless allow_unreachable: then they are in
    // unreachable() and missing from sites(); all of them missing is an error.
    Status connect(bool allow_unreachable = false);

    [[nodiscard]] const std::vector<std::shared_ptr<Site>>& sites() const;
    [[nodiscard]] const std::map<std::string, Error>& unreachable() const;  // by member name
    [[nodiscard]] const Identity& identity() const;
    // An unfinished create of the same kind, name and members was found and goes on.
    [[nodiscard]] bool resuming() const;

    // The specification as the claims keep it from here on: after connect(), when the module has decided what the members'
    // facts decide (version, sizing).
    void set_spec(nlohmann::json spec);

    Status create(const Table& table);
    // What create() made is about to be answered: RunOptions::handover confirms it when the process ends in order.
    void note_made();
    // Members that do not answer are skipped where nothing needs an order; the Status then names them (behaviour 5).
    Status update(const Table& table, const Planned& planned);
    // Connects to whoever answers. Writes nothing.
    Result<Drift> read(const Table& table);
    // `before`: acts that run first (leave the cluster, stop safely, prove identity), items are not used; those that are
    // `while_in_use` before the claims say that it goes, and of what is finished alone. Then everything in the claims is undone in reverse order, then the claims go. With forget_unreachable, members that do not answer are
    // left as they are and named in warnings().
    Status destroy(const Table& before, bool forget_unreachable = false);

    // Keys of `managed` that are as planned now; after a failed update the state keeps the prior value of all others.
    [[nodiscard]] Managed done() const;
    [[nodiscard]] std::vector<std::string> warnings() const;

  private:
    std::unique_ptr<Engine> engine_;
};

}  // namespace pigsty::converge
