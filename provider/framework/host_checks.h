// What Terraform checks in a provider's answers, as pure functions: a plan against configuration and prior
// state, a result against its plan. FrameworkServer runs them on its own answers, so that a bug of ours is
// reported by us with its path; test hosts run them in Terraform's place.
//
//     for (const Mismatch& m : check_plan(schema, config, prior, planned)) FAIL() << m.to_string();
#pragma once

#include <string>
#include <vector>

#include "provider/framework/diagnostic.h"
#include "provider/framework/server_schema.h"
#include "provider/value/path.h"
#include "provider/value/value.h"

namespace pigsty::framework {

struct Mismatch {
    value::Path path;
    std::string what;  // without values: they may be secret

    [[nodiscard]] std::string to_string() const { return path.to_string() + ": " + what; }
    friend bool operator==(const Mismatch&, const Mismatch&) = default;
};
using Mismatches = std::vector<Mismatch>;

// "Provider produced invalid plan". `config` null: a destroy is planned.
Mismatches check_plan(const Schema& schema, const value::Value& config, const value::Value& prior,
                      const value::Value& planned);

// "Provider produced inconsistent final plan": the plan made while planning against the one made while
// applying.
Mismatches check_final_plan(const Schema& schema, const value::Value& first, const value::Value& second);

// "Provider produced inconsistent result after apply" and unknowns that are left.
Mismatches check_apply(const Schema& schema, const value::Value& planned, const value::Value& result);

// A state that Terraform would store: of the schema's type, wholly known, write-only attributes null.
Mismatches check_state(const Schema& schema, const value::Value& state);

// Each as a bug of ours: "`subject` PATH: WHAT. Please report this."
void report_bugs(const Mismatches& mismatches, const std::string& summary, const std::string& subject,
                 Diagnostics& diagnostics, Severity severity = Severity::kError);

// What Terraform proposes to PlanResourceChange: configuration merged with the prior state.
value::Value proposed_new_state(const Schema& schema, const value::Value& config, const value::Value& prior);

}  // namespace pigsty::framework
