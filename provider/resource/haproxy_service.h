// pigsty_haproxy_service: a port on the HAProxy of some nodes that leads to servers which the user names.
#pragma once

#include <vector>

#include "core/module/haproxy/table.h"
#include "provider/resource/module_resource.h"

namespace pigsty::provider {

struct HaproxyServiceState {
    module::haproxy::HaproxyService spec;
    CommonState common;
};

class HaproxyServiceResource final : public ModuleResource<HaproxyServiceState> {
  public:
    [[nodiscard]] Declaration<HaproxyServiceState> declare() const override;
    [[nodiscard]] std::string claim_kind() const override { return module::haproxy::kKind; }
    [[nodiscard]] MemberMap<node::NodeAddress> machines(const Spec& spec) const override { return spec.nodes; }
    [[nodiscard]] std::string machines_attribute() const override { return "nodes"; }
    [[nodiscard]] converge::Table table(const HaproxyServiceState& state, const Fleet* fleet) const override;
    [[nodiscard]] std::vector<HaproxyServiceState> shapes() const override;
    void validate(const HaproxyServiceState& config, framework::Validation& validation) const override;
};

}  // namespace pigsty::provider
