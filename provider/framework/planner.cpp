#include "provider/framework/planner.h"

#include <algorithm>
#include <utility>

#include "core/base/unknown.h"
#include "provider/framework/host_checks.h"
#include "provider/framework/identity.h"
#include "provider/framework/planning.h"

namespace pigsty::framework {
namespace {

bool is_empty_list(const Value& value) { return value.is_null() || (value.is_known() && value.elements().empty()); }

class Planner {
  public:
    Planner(const Resource& resource, const Schema& schema, const PlanRequest& request)
        : resource_(resource),
          declaration_(resource.declaration()),
          attributes_(declaration_.attributes),
          schema_(schema),
          request_(request) {}

    PlanResponse plan() {
        auto decoded = PrivateData::decode(request_.prior_private);
        if (!decoded) return refused(to_diagnostic(decoded.error()));
        private_ = std::move(*decoded);
        response_.planned_private = request_.prior_private;
        response_.planned_identity = request_.prior_identity;
        if (request_.proposed_new_state.is_null()) {
            plan_destroy();
        } else {
            plan_change();
        }
        return std::move(response_);
    }

  private:
    [[nodiscard]] bool creates() const { return request_.prior_state.is_null(); }
    [[nodiscard]] bool has(std::string_view name) const { return find_attribute(attributes_, name) != nullptr; }

    PlanResponse refused(Diagnostic diagnostic) {
        response_.diagnostics.add(std::move(diagnostic));
        response_.planned_state = request_.prior_state;
        return std::move(response_);
    }

    void plan_destroy() {
        if (auto refusal = refuse_if_protected(resource_, request_.type_name, request_.prior_state, std::nullopt)) {
            response_.diagnostics.add(std::move(*refusal));
            return;
        }
        resource_.plan_destroy_object(request_.prior_state, response_.diagnostics);
    }

    void plan_change() {
        const Undecided first = creates() ? Undecided::kUnknown : Undecided::kPrior;
        const Value draft = base(first);
        const Value with_secrets = with_write_only(attributes_, draft, request_.config);
        PlanDraft hooks{
            request_.config, request_.prior_state, with_secrets, private_, response_.diagnostics, {}, {}, {}};
        resource_.plan_object(hooks);
        if (response_.diagnostics.has_error()) {
            response_.planned_state = request_.prior_state;
            return;
        }
        const bool changes = creates() || compared(draft, hooks) != request_.prior_state || !hooks.replace.empty();
        if (!changes) {
            // Nothing to do: equal to the prior state in every byte, private data included.
            response_.planned_state = request_.prior_state;
            return;
        }
        response_.planned_state = finished(base(Undecided::kUnknown), hooks);
        response_.planned_private = private_.encode();
        if (hooks.forecast) {
            for (const Diagnostic& advice : hooks.forecast->advice) response_.diagnostics.add(advice);
        }
        if (!creates()) plan_replacement(hooks.replace);
        plan_identity();
        check_own_answer();
    }

    // Configuration, defaults, kept values, and the repair of drift.
    Value base(Undecided undecided) const {
        const Value planned = planned_object(attributes_, request_.config, request_.prior_state, undecided);
        return has("drift") ? planned.with("drift", planned_drift(planned, undecided)) : planned;
    }

    Value planned_drift(const Value& planned, Undecided undecided) const {
        const Value none = Value::list({});
        const Value& found = request_.prior_state.get("drift");
        if (creates() || is_empty_list(found)) return creates() || undecided == Undecided::kUnknown ? none : found;
        const Value& policy = planned.get("drift_policy");
        const bool repairs = !has("drift_policy") || (policy.is_known() && policy.as_string() == "repair");
        if (repairs) return none;
        // Reported only: it plans nothing by itself. What a change leaves of it is not known before.
        return undecided == Undecided::kPrior ? found : Value::unknown();
    }

    // The draft with what plan-time code decided, to be compared with the prior state.
    Value compared(const Value& draft, const PlanDraft& hooks) const {
        Value object = draft;
        for (const auto& [name, value] : hooks.decided) object = object.with(name, value);
        if (!hooks.forecast || !has("managed") || hides_unknowns(*hooks.forecast)) return object;
        // An entry that the forecast cannot know says nothing about a change.
        const Value& prior = request_.prior_state.get("managed");
        value::Members entries;
        for (const auto& [key, entry] : hooks.forecast->managed) {
            const bool known = entry && !has_unknown(*entry);
            if (has_unknown(key)) return object;
            entries.emplace(key, known ? Value::string(*entry) : prior.is_known() ? prior.get(key) : Value::unknown());
        }
        return object.with("managed", Value::map(std::move(entries)));
    }

    Value finished(Value object, const PlanDraft& hooks) const {
        for (const auto& [name, value] : hooks.decided) object = object.with(name, value);
        if (!hooks.forecast) return object;
        if (has("managed")) object = object.with("managed", planned_managed(*hooks.forecast));
        if (has("last_change")) object = object.with("last_change", planned_last_change(*hooks.forecast));
        return object;
    }

    // Parts of the configuration are missing from what the forecast saw, and it did not mind them.
    bool hides_unknowns(const Forecast& forecast) const {
        return !forecast.minded_unknowns && has_missing_unknown(request_.config, schema_.type());
    }

    Value planned_managed(const Forecast& forecast) const {
        if (hides_unknowns(forecast)) return Value::unknown();
        value::Members entries;
        for (const auto& [key, entry] : forecast.managed) {
            if (has_unknown(key)) return Value::unknown();
            entries.emplace(key, entry && !has_unknown(*entry) ? Value::string(*entry) : Value::unknown());
        }
        return Value::map(std::move(entries));
    }

    Value planned_last_change(const Forecast& forecast) const {
        // What is not known yet may turn out to be as before, and then nothing of it happens.
        if (!forecast.last_change || !planned_managed(forecast).is_wholly_known()) return Value::unknown();
        value::Elements lines;
        for (const std::string& line : *forecast.last_change) {
            if (has_unknown(line)) return Value::unknown();
            lines.push_back(Value::string(line));
        }
        return Value::list(std::move(lines));
    }

    void plan_replacement(const std::vector<Path>& more) {
        const Value& prior = request_.prior_state;
        std::vector<Path> paths = replacements(attributes_, prior, response_.planned_state);
        paths.insert(paths.end(), more.begin(), more.end());
        std::sort(paths.begin(), paths.end());
        paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
        response_.requires_replace = std::move(paths);
        if (response_.requires_replace.empty()) {
            refuse_fixed_changes(attributes_, prior, response_.planned_state, response_.diagnostics);
        } else if (auto refusal =
                       refuse_if_protected(resource_, request_.type_name, prior, response_.requires_replace.front())) {
            response_.diagnostics.add(std::move(*refusal));
        } else {
            resource_.plan_destroy_object(prior, response_.diagnostics);
        }
    }

    void plan_identity() {
        const auto planned = identity_of(declaration_, response_.planned_state);
        if (creates() || !request_.prior_identity || !request_.prior_identity->is_known()) {
            // OpenTofu 1.12 cannot store a planned identity with an unknown in it ("failed to encode"): the apply tells it.
            const bool known = planned && planned->is_wholly_known();
            response_.planned_identity = known ? planned : std::nullopt;
        } else if (response_.requires_replace.empty()) {
            check_same_identity(declaration_, request_.prior_identity, planned, response_.diagnostics);
        }
    }

    void check_own_answer() {
        if (response_.diagnostics.has_error()) return;
        report_bugs(check_plan(schema_, request_.config, request_.prior_state, response_.planned_state),
                    "impossible plan",
                    "The plan of " + request_.type_name + " does not follow its configuration:", response_.diagnostics);
    }

    const Resource& resource_;
    const ResourceDeclaration& declaration_;
    const AttributeList& attributes_;
    const Schema& schema_;
    const PlanRequest& request_;
    PrivateData private_;
    PlanResponse response_;
};

}  // namespace

PlanResponse plan_resource(const Resource& resource, const Schema& schema, const PlanRequest& request) {
    return Planner(resource, schema, request).plan();
}

std::optional<Diagnostic> refuse_if_protected(const Resource& resource, std::string_view type_name, const Value& state,
                                              const std::optional<Path>& because) {
    if (find_attribute(resource.declaration().attributes, "deletion_protection") == nullptr) return std::nullopt;
    const Value& protection = state.get("deletion_protection");
    if (!protection.is_known() || !protection.as_bool()) return std::nullopt;
    const std::string what = because ? "The change of `" + because->to_string() + "` replaces this " +
                                           std::string(type_name) + ", which destroys it first"
                                     : "This plan destroys a " + std::string(type_name);
    return Diagnostic{Severity::kError, "Protected against deletion",
                      what +
                          ", and its `deletion_protection` is true. To go on, set `deletion_protection = false`, apply "
                          "that, and plan again.",
                      because ? *because : Path::of("deletion_protection")};
}

}  // namespace pigsty::framework
