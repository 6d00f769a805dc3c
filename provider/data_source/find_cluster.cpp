#include "provider/data_source/find_cluster.h"

#include <mutex>
#include <utility>

#include "core/converge/for_all.h"

namespace pigsty::provider {

Result<node::Claim> claim_on(const node::Node& node, const Wanted& wanted) {
    const std::string& address = node.address().address;
    TRY_VOID(node.check_claim(wanted.kind, wanted.name));
    const auto claim = node.claim(wanted.kind, wanted.name);
    if (!claim) {
        return fail(
            Error{
                .code = ErrorCode::invalid,
                .message = "expected the " + wanted.what + " " + wanted.name + ", found no claim of it on this machine"}
                .at_host(address)
                .with_hint("`nodes` names machines of the cluster; data.pigsty_node shows in `resources` what is on a "
                           "machine"));
    }
    if (claim->state != node::ClaimState::ready) {
        return fail(Error{.code = ErrorCode::conflict,
                          .message = wanted.name + " is there, but its creation or removal has not finished"}
                        .at_host(address)
                        .with_hint("apply the configuration that makes it again: it goes on where it stopped"));
    }
    return *claim;
}

MemberMap<std::optional<node::Observation>> observe_all(const std::vector<converge::Member>& members,
                                                        const ProbesOf& probes_of, const Fleet& fleet,
                                                        const Cancel& cancel) {
    std::mutex mutex;
    MemberMap<std::optional<node::Observation>> all;
    (void)converge::for_all(members.size(), fleet.max_parallel_nodes, [&](std::size_t i) -> Status {
        TRY(const node::NodePtr node, fleet.connect(members[i].address, cancel, node::Reach::read));
        TRY(node::Observation seen, node->observe(probes_of(members[i]), cancel));
        const std::lock_guard lock(mutex);
        all[members[i].number] = std::move(seen);
        return {};
    });
    return all;
}

void reach_all(const std::vector<node::NodeAddress>& machines, const Fleet& fleet, const Cancel& cancel) {
    (void)converge::for_all(machines.size(), fleet.max_parallel_nodes, [&](std::size_t i) -> Status {
        TRY_VOID(fleet.connect(machines[i], cancel));
        return {};
    });
}

}  // namespace pigsty::provider
