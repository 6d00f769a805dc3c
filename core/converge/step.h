// Step: a row of a module's table. The table is the module: what converges on which member, in which order. table.h writes it.
//
// Steps run in order; a step begins when the one before has ended on every member. Within a step, its items come first,
// then its act. Neighbouring parallel steps without an act travel in one request a node. The fault points of the tests are
// generated from the table (fault.h).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/converge/gate.h"
#include "core/converge/progress.h"
#include "core/item/item.h"
#include "core/node/node.h"

namespace pigsty::converge {

struct Member {
    std::string number;  // "2"; empty where the resource has no numbered members
    std::string name;    // "pg-test-2": prefix of keys in `managed`, host of errors, member of progress lines
    node::NodeAddress address;
    bool operator==(const Member&) const = default;
};

struct Identity {
    std::string kind;  // "pg_cluster": the claim's kind
    std::string name;  // "pg-test"
    std::string id{};  // uuid; empty before a create: Run finds the unfinished claim's or makes one
    bool operator==(const Identity&) const = default;
};

// A member with its connected node. While planning `node` is null and `claim` empty: whatever items() makes must follow
// from the specification (and what the module kept: sizing, version), never from looking at the node.
struct Site {
    Member member;
    node::NodePtr node{};
    std::optional<node::Claim> claim{};  // ours. An act may change `facts`: stored when the act has ended
};

enum class Spread {
    parallel,  // all members at once
    serial,    // one member after the other, in order of their numbers; the first failure ends it
    once,      // act only: on the first member that `where` lets through
};

enum class When {
    create,        // until the claim is ready: bootstrap. Runs again when an unfinished create is resumed
    always,        // create and every update
    when_changed,  // on create, and in an update that changed an item of this step or of the steps in `watches`
};

class StepContext;

struct Step {
    std::string name;  // unique in its table: "packages", "certificates", "start etcd", "default roles"
    Spread spread = Spread::parallel;
    std::function<bool(const Site&)> where{};                        // empty: every member
    std::function<std::vector<item::ItemPtr>(const Site&)> items{};  // what this step converges; pure
    // What items cannot express. It must look before it changes anything and change only what differs, and call
    // context.changed_something() when it did.
    std::function<Status(Site&, StepContext&)> act{};
    When act_when = When::create;
    std::vector<std::string> watches{};  // names of earlier steps, for When::when_changed
    // Of a destroy: before anything is touched, while all is in use. Where it fails nothing was, and an interrupted destroy
    // that goes on has had it.
    bool while_in_use = false;
};

using Table = std::vector<Step>;

// What an act gets besides its site. Thread-safe: acts of a parallel step run side by side.
class StepContext {
  public:
    virtual ~StepContext() = default;

    [[nodiscard]] virtual const Cancel& cancel() const = 0;
    [[nodiscard]] virtual const Identity& identity() const = 0;
    // All members, in order of their numbers; those that do not answer in an update are missing.
    [[nodiscard]] virtual const std::vector<std::shared_ptr<Site>>& sites() const = 0;
    [[nodiscard]] virtual bool creating() const = 0;
    // An item or act of that step changed something in this run, on any member or on one (its name).
    [[nodiscard]] virtual bool changed(std::string_view step, std::string_view member = {}) const = 0;
    virtual void changed_something(const Site& site) = 0;

    // To be called before an act changes anything other than by request(), which calls it itself: in an update the lease is
    // taken only when there is something to change. Cheap when called again.
    virtual Status begin_changes() = 0;

    // A progress line from inside an act: "pg-test-2 base backup … 12.0 s". `begun` is when that work began.
    virtual void report(const Site& site, std::string what, Cancel::Clock::time_point begun) = 0;
    // Gate on this run's Cancel; progress says what moves.
    virtual Status wait_for(const Gate& gate, const std::function<Result<Look>()>& look) = 0;
    // Runs operations on the site's node; the first that fails becomes an Error with host, command and output.
    virtual Result<std::vector<node::OperationResult>> request(Site& site, std::vector<node::Operation> operations) = 0;
    // Said to the user with the result ("cleaned up 2 left-over slots"); once each.
    virtual void warn(std::string sentence) = 0;
};

}  // namespace pigsty::converge
