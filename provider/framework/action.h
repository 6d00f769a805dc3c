// TypedAction<S>: something done on demand (Terraform 1.14+): a switchover, a backup. It changes no state.
//
//     class PgSwitchover final : public TypedAction<Switchover> {
//         Declaration<Switchover> declare() const override;
//         Status invoke(const Switchover& config, Call& call, const ActionProgress& progress) const override;
//     };
//
// Override preflight() to refuse at plan what can be seen there; its config may hold unknowns.
#pragma once

#include "provider/framework/data_source.h"

namespace pigsty::framework {

class Action {
  public:
    virtual ~Action() = default;
    [[nodiscard]] virtual const ObjectDeclaration& declaration() const = 0;
    virtual void validate_object(const Value& config, Diagnostics& diagnostics) const = 0;
    virtual Status preflight_object(const Value& config, Call& call) const = 0;
    virtual Status invoke_object(const Value& config, Call& call, const ActionProgress& progress) const = 0;
};

template <class S>
class TypedAction : public DeclaredKind<Action, S> {
  public:
    virtual Status invoke(const S& config, Call& call, const ActionProgress& progress) const = 0;
    // Not called while anything is unknown.
    virtual Status preflight(const S&, Call&) const { return {}; }

    Status preflight_object(const Value& config, Call& call) const final {
        Loading loading;
        S spec{};
        this->codec().load(config, &spec, loading);
        if (!loading.unknowns().empty()) return {};
        return preflight(spec, call);
    }
    Status invoke_object(const Value& config, Call& call, const ActionProgress& progress) const final {
        return invoke(this->load(config), call, progress);
    }
};

}  // namespace pigsty::framework
