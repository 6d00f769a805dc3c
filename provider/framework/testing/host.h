// Host: Terraform's part in a test, without a wire: validate, propose, plan twice, apply, refresh, with Terraform's own
// checks after each answer.
//
//     Host host(server, "test_cluster");
//     host.apply(config);                      // fails the test where Terraform would
//     EXPECT_EQ(host.plan(config).planned_state, host.state());
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "provider/framework/host_checks.h"
#include "provider/framework/server.h"

namespace pigsty::framework::testing {

inline std::vector<std::string> texts(const Diagnostics& diagnostics) {
    std::vector<std::string> texts;
    for (const Diagnostic& d : diagnostics) {
        texts.push_back(std::string(d.severity == Severity::kError ? "error" : "warning") +
                        (d.path ? " at " + d.path->to_string() : std::string()) + ": " + d.summary + ": " + d.detail);
    }
    return texts;
}

class Host {
  public:
    Host(ProviderServer& server, std::string type_name) : server_(server), type_name_(std::move(type_name)) {}

    [[nodiscard]] const value::Value& state() const { return state_; }
    [[nodiscard]] const std::optional<value::Value>& identity() const { return identity_; }
    [[nodiscard]] const PrivateState& private_state() const { return private_; }
    void set_state(value::Value state) { state_ = std::move(state); }

    // A configuration with null for all that `members` does not name, at any depth.
    [[nodiscard]] value::Value config(const value::Value& members) const { return completed(members, schema().type()); }
    [[nodiscard]] const Schema& schema() const { return *server_.find_schema(ObjectKind::kResource, type_name_); }

    Diagnostics validate(const value::Value& config) {
        return server_.validate_resource({type_name_, config, {.write_only_attributes_allowed = true}});
    }

    // Null plans a destroy. Two plans of the same inputs must be equal.
    PlanResponse plan(const value::Value& config) {
        const PlanRequest request{.type_name = type_name_,
                                  .prior_state = state_,
                                  .proposed_new_state = proposed_new_state(schema(), config, state_),
                                  .config = config,
                                  .prior_private = private_,
                                  .earlier_planned_private = std::nullopt,
                                  .prior_identity = identity_,
                                  .client = {}};
        PlanResponse plan = server_.plan(request);
        const PlanResponse again = server_.plan(request);
        EXPECT_EQ(plan.planned_state, again.planned_state);
        EXPECT_EQ(plan.planned_private, again.planned_private);
        if (plan.diagnostics.has_error()) return plan;
        expect_none(check_plan(schema(), config, state_, plan.planned_state));
        return plan;
    }

    // Applies what `planned_with` gave; `config` may know more than it did.
    ApplyResponse apply(const value::Value& config, std::optional<value::Value> planned_with = std::nullopt) {
        std::optional<PlanResponse> first;
        if (planned_with) first = plan(*planned_with);
        const PlanResponse plan = this->plan(config);
        EXPECT_EQ(texts(plan.diagnostics).size(), plan.diagnostics.has_error() ? 0U : plan.diagnostics.size());
        if (first) expect_none(check_final_plan(schema(), first->planned_state, plan.planned_state));
        ApplyResponse applied = server_.apply(
            {type_name_, state_, plan.planned_state, config, plan.planned_private, plan.planned_identity});
        if (!applied.diagnostics.has_error() && !plan.planned_state.is_null()) {
            expect_none(check_apply(schema(), plan.planned_state, applied.new_state));
        }
        if (!applied.new_state.is_null() || plan.planned_state.is_null() || state_.is_null()) {
            state_ = applied.new_state;
            private_ = applied.private_state;
            identity_ = applied.new_identity;
        }
        return applied;
    }

    ReadResponse refresh() {
        ReadResponse read = server_.read({type_name_, state_, private_, identity_, {}});
        if (!read.diagnostics.has_error()) {
            if (!read.new_state.is_null()) expect_none(check_state(schema(), read.new_state));
            state_ = read.new_state;
            private_ = read.private_state;
            identity_ = read.new_identity;
        }
        return read;
    }

    ImportResponse import(const ImportRequest& request) {
        ImportResponse imported = server_.import_state(request);
        if (!imported.diagnostics.has_error()) {
            EXPECT_EQ(imported.resources.size(), 1U);
            state_ = imported.resources[0].state;
            private_ = imported.resources[0].private_state;
            identity_ = imported.resources[0].identity;
        }
        return imported;
    }

  private:
    static void expect_none(const Mismatches& mismatches) {
        for (const Mismatch& mismatch : mismatches) ADD_FAILURE() << mismatch.to_string();
    }

    static value::Value completed(const value::Value& value, const value::Type& type) {
        if (!value.is_known()) return value;
        switch (type.kind()) {
            case value::Kind::kObject: {
                value::Members members;
                for (const auto& [name, member] : type.members())
                    members.emplace(name, completed(value.get(name), member));
                return value::Value::object(std::move(members));
            }
            case value::Kind::kMap: {
                value::Members members;
                for (const auto& [key, member] : value.members())
                    members.emplace(key, completed(member, type.element()));
                return value::Value::map(std::move(members));
            }
            case value::Kind::kList: {
                value::Elements elements;
                for (const value::Value& element : value.elements())
                    elements.push_back(completed(element, type.element()));
                return value::Value::list(std::move(elements));
            }
            default: return value;
        }
    }

    ProviderServer& server_;
    std::string type_name_;
    value::Value state_;
    PrivateState private_;
    std::optional<value::Value> identity_;
};

}  // namespace pigsty::framework::testing
