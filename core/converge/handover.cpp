#include "core/converge/handover.h"

#include "core/converge/for_all.h"

namespace pigsty::converge {
namespace {

constexpr std::size_t kPlacesAtATime = 64;

Status confirm_on(node::Node& node, const std::string& run_id, const std::vector<Handover::Made>& made,
                  const Cancel& cancel) {
    std::vector<node::Operation> operations;
    for (const auto& [kind, name] : made) {
        auto claim = node.claim(kind, name);
        // Destroyed again by this run, or another's by now.
        if (!claim || claim->state != node::ClaimState::ready || claim->handover != run_id) continue;
        claim->handover.clear();
        operations.push_back(node.store_claim(*claim));
    }
    if (operations.empty()) return {};
    const std::size_t asked = operations.size();
    TRY(const auto results, node.request(std::move(operations), cancel));
    if (results.size() == asked && results.back().status == 0) return {};
    return fail(Error{ErrorCode::failed, "claims could not be confirmed"}
                    .at_host(node.address().address)
                    .with_output(results.empty() ? "" : results.back().err));
}

}  // namespace

void Handover::made(const std::string& place, Made what, Confirm confirm) {
    const std::lock_guard lock(mutex_);
    Place& entry = places_[place];
    entry.made.push_back(std::move(what));
    entry.confirm = std::move(confirm);
}

void Handover::made_on(const node::NodePtr& node, Made what) {
    made("node " + node->address().address, std::move(what),
         [node, run_id = run_id_](const std::vector<Made>& all, const Cancel& cancel) {
             return confirm_on(*node, run_id, all, cancel);
         });
}

std::vector<Error> Handover::confirm(const Cancel& cancel) {
    std::vector<Place> places;
    {
        const std::lock_guard lock(mutex_);
        for (auto& [name, place] : places_) places.push_back(std::move(place));
        places_.clear();
    }
    const Errors errors = for_all(places.size(), kPlacesAtATime,
                                  [&](std::size_t i) { return places[i].confirm(places[i].made, cancel); });
    std::vector<Error> all;
    for (const auto& [index, error] : errors) all.push_back(error);
    return all;
}

bool Handover::is_open(const node::Claim& claim, const Handover* ours) {
    return claim.state == node::ClaimState::ready && !claim.handover.empty() &&
           (ours == nullptr || claim.handover != ours->run_id());
}

}  // namespace pigsty::converge
