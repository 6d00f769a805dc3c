#include "provider/resource/testing/tally_cluster.h"

#include "provider/resource/module_attributes.h"

namespace pigsty::provider {

using module::tally::Access;

Declaration<TallyState> TallyClusterResource::declare() const {
    const Attributes<Spec> spec = {
        cluster_name_attribute(&Spec::name).description("Name of the cluster."),
        members_attribute("members", &Spec::members, 9).description("Members by number."),
        ca_attribute(&Spec::ca).description("The authority that signs the members' certificates."),
        port_attribute("port", &Spec::port).description("Port for clients."),
    };
    const Attributes<Access> access = {
        attribute("id", &Access::id).computed().description("The cluster's `id`."),
        attribute("endpoints", &Access::endpoints).computed().description("Where clients connect."),
    };
    return {.description = "A cluster that counts.",
            .subcategory = "Tests",
            .attributes = {
                within(&TallyState::spec, spec),
                object("access", &TallyState::access, access).computed().description("How others reach it."),
                within(&TallyState::common, framework::common_attributes()),
            }};
}

std::vector<Told> TallyClusterResource::tell(TallyState& state) const {
    state.access = module::tally::access_of(state.spec, state.common.id);
    return {{.attribute = "access", .made_of = {"port"}}};
}

}  // namespace pigsty::provider
