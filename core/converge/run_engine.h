// Run::Engine: the state of one operation, shared by the files that hold its verbs (run_create.cpp, run_update.cpp …).
#pragma once

#include <atomic>
#include <mutex>
#include <set>

#include "core/converge/delivery.h"
#include "core/converge/for_all.h"
#include "core/converge/run.h"
#include "core/node/journal.h"
#include "core/node/lease.h"

namespace pigsty::converge {

// Neighbouring parallel steps whose items travel together, then at most one act.
struct Phase {
    std::vector<std::size_t> item_steps;
    std::optional<std::size_t> act_step{};
    bool serial = false;
};

// `ends`: steps that must have ended on a member before a later step's items are written there.
std::vector<Phase> phases_of(const Table& table, const std::function<bool(std::size_t)>& ends);

enum class Mode { create, update, destroy };

// An item of a site, with its place in the table.
struct Wanted {
    std::size_t step;
    std::size_t order;
    item::ItemPtr item;
};

struct SiteState {
    std::shared_ptr<Site> site;
    std::vector<Wanted> items{};  // of the whole table: rendered once, when the operation begins
    node::Observation seen{};
    node::Observation first_seen{};  // create: before anything was written
    bool is_fresh = false;   // `seen` holds all probes of the items still to come, and nothing was written since
    bool is_stored = false;  // the claim on the node is the one in memory
    std::vector<Removal> removals{};  // of items that are no longer wanted; they go with the last items
};

// What a phase has to do on one member.
struct SitePlan {
    SiteState* state = nullptr;
    Delivery delivery{};
    std::vector<std::pair<Wanted, item::Change>> conversations{};
    [[nodiscard]] bool writes() const {
        return !delivery.changes.empty() || !delivery.removals.empty() || !delivery.handlers.in_order().empty() ||
               !conversations.empty();
    }
    // Something here must not happen on two members at once.
    [[nodiscard]] bool is_one_at_a_time() const;
};

// "pg-test-1, pg-test-3": whose errors they are. In run_connect.cpp.
std::string names(const std::map<std::string, Error>& errors);

class Run::Engine {
  public:
    Engine(RunOptions options, Cancel cancel);

    // run_connect.cpp
    Status connect(bool allow_unreachable);
    Status connect_once(bool allow_unreachable);
    Status take_lease(const std::map<const Site*, node::Probes>& probes);
    void leave_lease();
    void refresh_claims();
    [[nodiscard]] Error nobody_answers(Error first) const;

    // run_steps.cpp
    Status run_steps(const Table& table);
    Status converge_items(const Table& table, const Phase& phase, bool is_last);
    Result<SitePlan> plan_site(const Table& table, const Phase& phase, SiteState& state, bool is_last);
    Status look_at(const std::vector<Wanted>& items, SiteState& state);
    void plan_item(const Table& table, const Wanted& wanted, const std::vector<node::Claim>& claims, SitePlan& plan);
    Status write_site(const Table& table, const Phase& phase, SitePlan& plan);
    Status send(const SitePlan& plan, const Delivery& input);
    Status converse(SitePlan& plan);
    Status begin_changes();
    // for_all over the states; every error carries its member.
    Errors on_all(std::size_t most, const std::function<Status(SiteState&)>& work);
    // Stores what is not stored yet.
    Status store_claims();

    // run_acts.cpp
    Status act(const Table& table, std::size_t step);
    Status act_on(const Table& table, std::size_t step, Site& site);
    [[nodiscard]] bool must_act(const Step& step) const;

    // run_create.cpp, run_update.cpp, run_read.cpp, run_destroy.cpp
    Status create(const Table& table);
    Status prepare_claims();
    // Whether this create may go on with a claim that is there already.
    [[nodiscard]] Status check_found_claim(const Site& site, bool any_unfinished) const;
    void make_claim_ours(SiteState& state);
    // Error where another run that has to do with this resource still states on these nodes; first waits for its end.
    Status check_other_runs(bool may_wait);
    Status update(const Table& table, const Planned& planned);
    void remember(const Planned& planned);
    [[nodiscard]] bool expects_changes(const Planned& planned) const;
    Status look_at_everything(bool expects_changes);
    Status claims_for_update();
    void take_claim_back_into_use(SiteState& state) const;
    Status plan_removals(SiteState& state);
    Status check_as_planned(const Planned& planned);
    [[nodiscard]] Status check_order_needs_nobody_else(const Table& table) const;
    Status store_what_is_left();
    [[nodiscard]] Error not_applied_everywhere() const;
    Result<Drift> read(const Table& table);
    Status leave_out_silent(const Errors& errors);
    Status destroy(const Table& before, bool forget_unreachable);
    Status destroy_acts(const Table& before, bool while_in_use);
    Status undo_site(SiteState& state);

    // What every site is to have; once in an operation, as soon as the nodes' systems are known.
    void render(const Table& table);
    [[nodiscard]] Status check_values() const;
    [[nodiscard]] SiteState& work_of(const Site& site);
    [[nodiscard]] std::size_t index_of(const SiteState& state) const;
    [[nodiscard]] std::string title() const;  // "create pg_cluster pg-test"
    [[nodiscard]] std::string step_text(std::size_t step) const;
    [[nodiscard]] Error at_step(Error error, std::size_t step) const;
    // A member's name alone does not say which machine it is: that of a second cluster there need not be its host name.
    [[nodiscard]] Error with_address(Error error) const;
    [[nodiscard]] Status with_address(Status status) const;
    void report(const std::string& member, const std::string& what, ProgressState state, std::chrono::milliseconds took,
                const std::string& detail = {}) const;
    void note_changed(const std::string& step, const std::string& member);
    void note_stale();
    void note_done(const Site& site, const item::Item& item);
    void warn(std::string sentence);
    [[nodiscard]] bool is_ignored(const std::string& key) const;
    // Shared, and a claim on this node cannot be read: it may hold the item, too. Then it stays, and a warning says so.
    bool may_be_held(const Site& site, const std::string& label, const node::ClaimedItem& entry);
    // What is to change of it: what differs, and in an update what the plan found due.
    [[nodiscard]] std::optional<item::Change> change_of(const SiteState& state, const item::Item& item) const;

    RunOptions options;
    const Cancel cancel;
    Identity identity;
    Mode mode = Mode::create;
    bool is_connected = false;
    bool is_resuming = false;
    std::atomic<bool> is_leased = false;
    Sites sites;                    // in order of their numbers
    std::vector<SiteState> states;  // the same order
    std::map<std::string, Error> unreachable;
    std::optional<node::Journal> journal;
    std::vector<std::string> step_names;
    Managed planned_managed, prior_managed;
    std::vector<std::string> ignored;
    std::map<std::string, std::string> due;  // key → fingerprint of the state that is due to be made anew

    std::mutex lease_mutex;    // while the lease is being taken
    mutable std::mutex mutex;  // of all below
    node::Lease lease;
    std::set<std::pair<std::string, std::string>> changed;  // step, member
    bool is_stale = false;  // an act wrote, or waited: what was seen before it counts no more
    Managed done;
    std::vector<std::string> warnings;
};

}  // namespace pigsty::converge
