// TypedResource<S>: how resources are written. S is the struct of the whole state: what users write and what
// is computed.
//
//     class PigstyNode final : public TypedResource<NodeState>,
//                              public Validates<NodeState>, public Forecasts<NodeState>, public
//                              Imports<NodeState> {
//     public:
//         Declaration<NodeState> declare() const override {
//             return {.description = "Adopts a machine …", .subcategory = "Nodes", .attributes =
//             node_attributes()};
//         }
//         Result<NodeState> create(const NodeState& planned, Call& call) const override;
//         Result<std::optional<NodeState>> read(const NodeState& state, Call& call) const override;
//         Updated<NodeState> update(const NodeState& prior, const NodeState& planned, Call& call) const
//         override; Status destroy(const NodeState& state, Call& call) const override; …
//     };
//
// Optional abilities are further base classes: Validates, ModifiesPlan, Forecasts, ForecastsDestroy, Imports, HasIdentity,
// UpgradesState, GeneratesConfig.
//
// Rules
//  - All methods are const and may run at the same time on several threads.
//  - validate, modify_plan and forecast are pure: no node, no clock, no environment.
//  - create and update begin with `S state = planned`, fill in what is computed and answer that. Text that is
//  not known
//    yet is a marker in `planned`; one that is still there in the answer is reported as a bug.
//  - read begins with `S state = given` and writes what it found.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "provider/framework/attributes.h"
#include "provider/framework/object_codec.h"
#include "provider/framework/resource.h"

namespace pigsty::framework {

template <class S>
struct Declaration {
    std::int64_t version = 0;
    std::string description;
    std::string subcategory = {};
    Attributes<S> attributes;
    std::vector<Validator> rules = {};
    DefaultTimeouts timeouts = {};
};

// The answer of an update: a state, an Error (everything is as before), or an Error with the state that
// exists now.
template <class S>
class [[nodiscard]] Updated {
  public:
    // NOLINTBEGIN(google-explicit-constructor): what `return` takes
    Updated(S state) : state_(std::move(state)) {}
    Updated(std::unexpected<Error> failure) : failure_(std::move(failure).error()) {}
    Updated(Result<S> result) {
        if (result) {
            state_ = std::move(*result);
        } else {
            failure_ = std::move(result).error();
        }
    }
    // NOLINTEND(google-explicit-constructor)
    static Updated failed(S state_that_exists, Error failure) {
        Updated updated(std::move(state_that_exists));
        updated.failure_ = std::move(failure);
        return updated;
    }

    [[nodiscard]] const std::optional<S>& state() const { return state_; }
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

  private:
    std::optional<S> state_;
    std::optional<Error> failure_;
};

// A plan as plan-time code sees it.
template <class S>
struct Plan {
    const S* prior;  // null: create
    // Configuration, defaults and kept values, write-only values included. Computed members that are not kept
    // still have their prior value in an update, and are unknown in a create.
    S planned;
    // What in `planned` is not known: markers in text, missing otherwise.
    const Unknowns& unknown;
    PrivateData& private_data;
    Diagnostics& diagnostics;

    // Plans the computed attribute of this name as `planned` has it, markers as unknown.
    void decide(std::string attribute) { decided.push_back(std::move(attribute)); }
    void replace(Path path) { replaced.push_back(std::move(path)); }

    // Does the configuration say something here, be it unknown? Tells a written value from a kept one.
    [[nodiscard]] bool writes(std::string_view attribute) const {
        return config != nullptr && !config->get(std::string(attribute)).is_null();
    }

    std::vector<std::string> decided = {};
    std::vector<Path> replaced = {};
    const Value* config = nullptr;
};

template <class S>
class Validates {
  public:
    virtual ~Validates() = default;
    // Called when the attributes' own validators were content.
    virtual void validate(const S& config, Validation& validation) const = 0;
};

template <class S>
class ModifiesPlan {
  public:
    virtual ~ModifiesPlan() = default;
    // In create and update. May change computed members (and decide() them), nothing that the user wrote.
    virtual void modify_plan(Plan<S>& plan) const = 0;
};

template <class S>
class Forecasts {
  public:
    virtual ~Forecasts() = default;
    // After modify_plan.
    virtual Forecast forecast(const Plan<S>& plan) const = 0;
};

template <class S>
class ForecastsDestroy {
  public:
    virtual ~ForecastsDestroy() = default;
    // Of a plan that destroys it, or replaces it. Pure.
    virtual void forecast_destroy(const S& state, Diagnostics& diagnostics) const = 0;
};

template <class S>
class Imports {
  public:
    virtual ~Imports() = default;
    // What the key says; a Read completes it at once. What Read needs beyond the state goes into
    // call.private_data.
    virtual Result<S> import_state(const ImportKey& key, Call& call) const = 0;
};

class HasIdentity {
  public:
    virtual ~HasIdentity() = default;
    [[nodiscard]] virtual std::vector<IdentityAttribute> identity() const = 0;
};

class UpgradesState {
  public:
    virtual ~UpgradesState() = default;
    // One for each version that was ever published below the current one.
    [[nodiscard]] virtual std::map<std::int64_t, StateUpgrader> upgraders() const = 0;
};

class GeneratesConfig {
  public:
    virtual ~GeneratesConfig() = default;
    // `config` already lacks what is computed, deprecated or equal to its default.
    virtual void tidy(Value& config, const Value& state) const = 0;
};

template <class S>
class TypedResource : public Resource {
  public:
    [[nodiscard]] virtual Declaration<S> declare() const = 0;
    virtual Result<S> create(const S& planned, Call& call) const = 0;
    // Nothing: it is gone.
    virtual Result<std::optional<S>> read(const S& state, Call& call) const = 0;
    virtual Updated<S> update(const S& prior, const S& planned, Call& call) const = 0;
    virtual Status destroy(const S& state, Call& call) const = 0;

    // --- the untyped face ---
    [[nodiscard]] const ResourceDeclaration& declaration() const final {
        build();
        return declaration_;
    }

    void validate_object(const Value& config, Diagnostics& diagnostics) const final {
        Loading loading;
        const S spec = load(config, loading);
        diagnostics.append(loading.problems());
        if (diagnostics.has_error()) return;
        if (const auto* ability = as<Validates<S>>()) {
            Validation validation{loading.unknowns(), diagnostics};
            ability->validate(spec, validation);
        }
    }

    void plan_object(PlanDraft& draft) const final {
        const auto* modifies = as<ModifiesPlan<S>>();
        const auto* forecasts = as<Forecasts<S>>();
        if (modifies == nullptr && forecasts == nullptr) return;
        Loading loading;
        Loading ignored;
        std::optional<S> prior;
        if (!draft.prior.is_null()) prior = load(draft.prior, ignored);
        Plan<S> plan{prior ? &*prior : nullptr, load(draft.planned, loading), loading.unknowns(), draft.private_data,
                     draft.diagnostics};
        plan.config = &draft.config;
        if (modifies != nullptr) modifies->modify_plan(plan);
        const Value stored = codec().store(&plan.planned, draft.planned);
        for (const std::string& name : plan.decided) draft.decided.insert_or_assign(name, stored.get(name));
        draft.replace = plan.replaced;
        if (forecasts != nullptr && !draft.diagnostics.has_error()) draft.forecast = forecasts->forecast(plan);
    }

    void plan_destroy_object(const Value& state, Diagnostics& diagnostics) const final {
        if (const auto* ability = as<ForecastsDestroy<S>>()) ability->forecast_destroy(load(state), diagnostics);
    }

    Result<Value> create_object(const Value& planned, Call& call) const final {
        TRY(const S state, create(load(planned), call));
        return codec().store(&state, planned);
    }

    Result<std::optional<Value>> read_object(const Value& state, Call& call) const final {
        TRY(const std::optional<S> found, read(load(state), call));
        if (!found) return std::optional<Value>();
        return std::optional<Value>(codec().store(&*found, state));
    }

    UpdatedObject update_object(const Value& prior, const Value& planned, Call& call) const final {
        const Updated<S> updated = update(load(prior), load(planned), call);
        UpdatedObject object{std::nullopt, updated.failure()};
        // What failed is like what was before, what succeeded like what was planned.
        if (updated.state()) object.state = codec().store(&*updated.state(), updated.failure() ? prior : planned);
        return object;
    }

    Status destroy_object(const Value& state, Call& call) const final { return destroy(load(state), call); }

    Result<Value> import_object(const ImportKey& key, Call& call) const final {
        TRY(const S state, as<Imports<S>>()->import_state(key, call));
        return codec().store(&state, Value::null());
    }

    void tidy_config(Value& config, const Value& state) const final {
        if (const auto* ability = dynamic_cast<const GeneratesConfig*>(this)) ability->tidy(config, state);
    }

  private:
    template <class Ability>
    const Ability* as() const {
        return dynamic_cast<const Ability*>(this);
    }

    const ObjectCodec& codec() const {
        build();
        return *codec_;
    }

    S load(const Value& value) const {
        Loading ignored;
        return load(value, ignored);
    }
    S load(const Value& value, Loading& loading) const {
        S spec{};
        codec().load(value, &spec, loading);
        return spec;
    }

    void build() const {
        std::call_once(built_, [this] {
            Declaration<S> declared = declare();
            codec_ = object_codec(declared.attributes.bound());
            declaration_.version = declared.version;
            declaration_.description = std::move(declared.description);
            declaration_.subcategory = std::move(declared.subcategory);
            declaration_.attributes = attribute_list(declared.attributes.bound());
            declaration_.rules = std::move(declared.rules);
            declaration_.timeouts = declared.timeouts;
            declaration_.imports = as<Imports<S>>() != nullptr;
            if (const auto* ability = dynamic_cast<const HasIdentity*>(this))
                declaration_.identity = ability->identity();
            if (const auto* ability = dynamic_cast<const UpgradesState*>(this)) {
                declaration_.upgraders = ability->upgraders();
            }
        });
    }

    mutable std::once_flag built_;
    mutable ResourceDeclaration declaration_;
    mutable std::shared_ptr<const ObjectCodec> codec_;
};

}  // namespace pigsty::framework
