// ModuleResource<S>: a resource that is one core module's specification, on the machines of its members. What such
// resources repeat is here: name and claim, what others are told of them and when a plan knows it, members at one
// address, members of a living cluster that change.
//
//     struct EtcdState { module::etcd::EtcdCluster spec; module::etcd::Access access; CommonState common; };
//     class EtcdClusterResource final : public ModuleResource<EtcdState> {
//         Declaration<EtcdState> declare() const override;
//         std::string claim_kind() const override { return module::etcd::kKind; }
//         converge::Table table(const EtcdState& state, const Fleet* fleet) const override;
//         std::vector<Told> tell(EtcdState& state) const override;
//     };
//
// S has the specification as `spec`, which has a `name`, fields() for the claims and, in its own namespace, members_of().
// What is different in a resource it overrides, and calls this class's function for the rest (ca.cpp).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/json_fields.h"
#include "provider/resource/converged.h"
#include "provider/resource/members.h"

namespace pigsty::provider {

// A computed attribute that other resources take: `access`, `ref`, `connection`. A plan knows it as soon as the members'
// machines are known, and the attributes that it is made of besides.
struct Told {
    std::string attribute;
    std::vector<std::string> made_of{};
};

template <class S>
class ModuleResource : public Converged<S>, public framework::Validates<S>, public framework::ModifiesPlan<S> {
  public:
    using Spec = decltype(S::spec);

    // Fills in what others are told of it and names it. `state.common.id` is a marker while a create is planned.
    virtual std::vector<Told> tell(S& /*state*/) const { return {}; }
    // The machines by member, and the attribute that names them.
    [[nodiscard]] virtual MemberMap<node::NodeAddress> machines(const Spec& spec) const = 0;
    [[nodiscard]] virtual std::string machines_attribute() const { return "members"; }

    [[nodiscard]] converge::Identity identity_of(const S& state) const override {
        return {.kind = this->claim_kind(), .name = state.spec.name};
    }
    [[nodiscard]] std::vector<converge::Member> members(const S& state) const override {
        return members_of(state.spec);
    }
    [[nodiscard]] nlohmann::json claimed_spec(const S& state) const override { return write_json(state.spec); }
    Result<S> from_claimed_spec(const nlohmann::json& spec) const override {
        S state;
        TRY(state.spec, read_json<Spec>(spec));
        return state;
    }
    Status complete(S& state, const converge::Run& /*run*/, Call& /*call*/) const override {
        tell(state);
        return {};
    }

    void validate(const S& config, framework::Validation& validation) const override {
        refuse_equal_addresses(machines(config.spec), machines_attribute(), validation);
    }
    void modify_plan(Plan<S>& plan) const override {
        const auto planned = machines(plan.planned.spec);
        const auto missing = [&](const std::string& attribute) {
            return plan.unknown.missing_at(value::Path::of(attribute));
        };
        const bool knows = knows_machines(plan.unknown, planned, machines_attribute());
        for (Told& told : tell(plan.planned))
            if (knows && std::ranges::none_of(told.made_of, missing)) plan.decide(std::move(told.attribute));
        if (plan.prior == nullptr) return;
        refuse_changed_members(machines(plan.prior->spec), planned, machines_attribute(), plan.unknown,
                               plan.diagnostics);
    }
};

}  // namespace pigsty::provider
