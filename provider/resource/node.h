// pigsty_node: adopts a machine. Only what is set is managed.
#pragma once

#include <string>
#include <vector>

#include "core/module/node/spec.h"
#include "provider/resource/converged.h"

namespace pigsty::provider {

struct NodeState {
    module::machine::Machine machine;
    CommonState common;
};

class NodeResource final : public Converged<NodeState>, public framework::ModifiesPlan<NodeState> {
  public:
    [[nodiscard]] Declaration<NodeState> declare() const override;
    void modify_plan(Plan<NodeState>& plan) const override;
    [[nodiscard]] std::string claim_kind() const override;
    [[nodiscard]] std::string import_form() const override { return "ADDRESS"; }
    [[nodiscard]] std::string import_id(const NodeState& state) const override { return state.machine.address.address; }
    [[nodiscard]] Result<ImportTarget> import_target(const framework::ImportKey& key) const override;
    [[nodiscard]] std::vector<framework::IdentityAttribute> identity() const override;
    [[nodiscard]] converge::Identity identity_of(const NodeState& state) const override;
    [[nodiscard]] std::vector<converge::Member> members(const NodeState& state) const override;
    [[nodiscard]] converge::Table table(const NodeState& state, const Fleet* fleet) const override;
    [[nodiscard]] nlohmann::json claimed_spec(const NodeState& state) const override;
    [[nodiscard]] Result<NodeState> from_claimed_spec(const nlohmann::json& spec) const override;
};

}  // namespace pigsty::provider
