// Resource: a managed resource in terms of values. Resources are written against typed_resource.h; this is
// the face that FrameworkServer sees.
//
// What FrameworkServer does around it, so that no resource does: defaults, unknown marking, replacement,
// protection, drift, forecast, timeouts, write-only nulling, identity, private state, and the checks of
// results that Terraform itself would make.
//
// Instances are made once per process, on first use, and shared by all threads.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "provider/framework/attribute.h"
#include "provider/framework/call.h"
#include "provider/framework/forecast.h"
#include "provider/framework/server.h"

namespace pigsty::framework {

// One part of what names a resource for ever. Its value is that of the state's attribute at `from`.
struct IdentityAttribute {
    std::string name;
    std::string description;
    // Where in the state; empty: asked for by import only, null afterwards.
    Path from = {};
    bool required_for_import = false;
    Type type = Type::string();
};

// How long operations may take where `timeouts` says nothing.
struct DefaultTimeouts {
    std::chrono::milliseconds create = std::chrono::minutes(30);
    std::chrono::milliseconds read = std::chrono::minutes(5);
    std::chrono::milliseconds update = std::chrono::minutes(30);
    std::chrono::milliseconds destroy = std::chrono::minutes(20);
};

// From the stored JSON of an old schema version straight to a state of the current one.
using StateUpgrader = std::function<Result<Value>(const std::string& raw_state)>;

struct ResourceDeclaration {
    std::int64_t version = 0;
    std::string description;  // Markdown; the first sentence is the page's summary
    std::string subcategory;
    AttributeList attributes;
    std::vector<Validator> rules;  // about the object as a whole: exactly_one_of(…)
    std::vector<IdentityAttribute> identity;
    std::map<std::int64_t, StateUpgrader> upgraders;
    DefaultTimeouts timeouts;
    bool imports = false;
};

// What an import was asked for: `id` on the command line and in import blocks, or the identity's attributes.
struct ImportKey {
    std::string id;
    std::map<std::string, std::string> identity;

    [[nodiscard]] bool by_identity() const { return !identity.empty(); }
    // Empty where the identity has no such attribute.
    [[nodiscard]] std::string get(const std::string& name) const {
        const auto found = identity.find(name);
        return found == identity.end() ? std::string() : found->second;
    }
};

// The outcome of an update in values: the state that exists, and what went wrong, if anything did.
struct UpdatedObject {
    std::optional<Value> state;  // nothing: as before
    std::optional<Error> failure;
};

// A plan in the making. `planned` carries defaults, kept values, and the write-only values of the
// configuration.
struct PlanDraft {
    const Value& config;
    const Value& prior;  // null: create
    const Value& planned;
    PrivateData& private_data;
    Diagnostics& diagnostics;
    // Computed attributes that plan-time code decided, by name; they may hold unknowns.
    std::map<std::string, Value> decided;
    std::vector<Path> replace;
    std::optional<Forecast> forecast;
};

class Resource {
  public:
    virtual ~Resource() = default;

    [[nodiscard]] virtual const ResourceDeclaration& declaration() const = 0;

    // Offline and unconfigured; `config` has its defaults filled in.
    virtual void validate_object(const Value& config, Diagnostics& diagnostics) const = 0;
    virtual void plan_object(PlanDraft& draft) const = 0;
    // What a plan that destroys it says.
    virtual void plan_destroy_object(const Value& state, Diagnostics& diagnostics) const = 0;

    virtual Result<Value> create_object(const Value& planned, Call& call) const = 0;
    // Nothing: it is gone.
    virtual Result<std::optional<Value>> read_object(const Value& state, Call& call) const = 0;
    virtual UpdatedObject update_object(const Value& prior, const Value& planned, Call& call) const = 0;
    virtual Status destroy_object(const Value& state, Call& call) const = 0;

    // Called only when the declaration says that it imports.
    virtual Result<Value> import_object(const ImportKey& key, Call& call) const = 0;
    // Last touches to a configuration generated from `state`.
    virtual void tidy_config(Value& config, const Value& state) const = 0;
};

}  // namespace pigsty::framework
