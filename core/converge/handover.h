// Handover: what a run made belongs to somebody when a state knows of it. A CLI keeps its state now and then and at its end:
// killed in between, it leaves finished things that no state knows. So a claim names the run that made it (`Claim::handover`)
// until that run ends in order, and a later create may take over what names a run that is gone.
//
//     auto handover = std::make_shared<Handover>();
//     Run run({…, .handover = handover}, cancel);
//     TRY_VOID(run.create(table));
//     run.note_made();                                       // the caller is told that it is there
//     …
//     handover->confirm(Cancel::within(1500ms));             // the run ends in order: one request a node
//
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/hash.h"
#include "core/base/result.h"
#include "core/node/node.h"

namespace pigsty::converge {

class Handover {
  public:
    // A claim, by its kind and name.
    struct Made {
        std::string kind, name;
        bool operator==(const Made&) const = default;
    };
    // Takes the run's id off these claims, in one request. Those that are no longer this run's are left alone.
    using Confirm = std::function<Status(const std::vector<Made>&, const Cancel&)>;

    explicit Handover(std::string run_id = uuid4()) : run_id_(std::move(run_id)) {}

    [[nodiscard]] const std::string& run_id() const { return run_id_; }

    // `place`: where the claim is, a node's address or a cluster's name; all claims of a place share its `confirm`.
    void made(const std::string& place, Made what, Confirm confirm);
    // The same for a claim on a node.
    void made_on(const node::NodePtr& node, Made what);

    // The run has ended in order: whoever asked for it has every answer. All places at once; what is not confirmed when
    // `cancel` comes stays as it is, and the next read of it says so. Errors are for the log.
    std::vector<Error> confirm(const Cancel& cancel);

    // The claim is finished and names another run than this one: nobody has said that a state knows of it.
    [[nodiscard]] static bool is_open(const node::Claim& claim, const Handover* ours);

  private:
    struct Place {
        std::vector<Made> made;
        Confirm confirm;
    };

    const std::string run_id_;
    std::mutex mutex_;
    std::map<std::string, Place> places_;
};

}  // namespace pigsty::converge
