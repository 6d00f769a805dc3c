// What data sources of clusters share: a cluster is found by its name on its own machines, through the claim that its resource
// left there, so that nobody else's state is needed.
//
//     struct EtcdClusterView { std::string name; std::vector<node::NodeAddress> nodes; std::string id; … };
//     … cluster_to_find(&EtcdClusterView::name, &EtcdClusterView::nodes, &EtcdClusterView::id, "\"etcd\""),
//     const Wanted wanted{.kind = module::etcd::kKind, .what = "etcd cluster", .name = config.name};
//     TRY(const auto found, find_cluster<EtcdCluster>(wanted, config.nodes, fleet, call.cancel));
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json_fields.h"
#include "core/converge/members.h"
#include "core/node/claim.h"
#include "core/node/node.h"
#include "provider/configuration/attributes.h"
#include "provider/configuration/fleet.h"
#include "provider/framework/validators.h"

namespace pigsty::provider {

struct Wanted {
    std::string kind;  // of the claim
    std::string what;  // in errors: "PostgreSQL cluster"
    std::string name;
};

template <class Spec>
struct FoundCluster {
    std::string id;
    Spec spec;
};

// `name` and `nodes`, which a user writes, and the `id` of what is found.
template <class View>
framework::Attributes<View> cluster_to_find(std::string View::* name, std::vector<node::NodeAddress> View::* nodes,
                                            std::string View::* id, std::string example) {
    return {
        framework::attribute("name", name)
            .required()
            .validate(framework::not_empty())
            .example(std::move(example))
            .description("Name of the cluster."),
        framework::nested("nodes", nodes, node_address_attributes())
            .required()
            .validate(framework::not_empty())
            .example("[{ address = \"10.10.10.11\" }]")
            .description("Machines of the cluster to ask: the first that answers tells who the members are. One is "
                         "enough; with more of them, one may be down."),
        framework::attribute("id", id).computed().description("The resource's `id`."),
    };
}

// The claim on one of its machines, which the caller reached. Error `conflict` where its creation has not finished, `invalid`
// where the machine knows no such cluster.
Result<node::Claim> claim_on(const node::Node& node, const Wanted& wanted);

// Machines that do not answer, or do not know it, are passed over while another one does.
template <class Spec>
Result<FoundCluster<Spec>> find_cluster(const Wanted& wanted, const std::vector<node::NodeAddress>& nodes,
                                        const Fleet& fleet, const Cancel& cancel) {
    std::optional<Error> first;
    for (const node::NodeAddress& address : nodes) {
        auto found = [&]() -> Result<FoundCluster<Spec>> {
            TRY(const node::NodePtr node, fleet.connect(address, cancel));
            TRY(const node::Claim claim, claim_on(*node, wanted));
            TRY(Spec spec, read_json<Spec>(claim.spec));
            return FoundCluster<Spec>{claim.id, std::move(spec)};
        }();
        if (found) return found;
        if (!first) first = found.error();
        TRY_VOID(cancel.check("looking for " + wanted.name));
    }
    return fail(std::move(*first));
}

// What each member shows, asked side by side; one whose machine does not answer is missing.
using ProbesOf = std::function<node::Probes(const converge::Member&)>;
MemberMap<std::optional<node::Observation>> observe_all(const std::vector<converge::Member>& members,
                                                        const ProbesOf& probes_of, const Fleet& fleet,
                                                        const Cancel& cancel);

// Side by side, so that what follows finds everybody connected; who does not answer shows in what is seen.
void reach_all(const std::vector<node::NodeAddress>& machines, const Fleet& fleet, const Cancel& cancel);

}  // namespace pigsty::provider
