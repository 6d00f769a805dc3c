// Terraform's side of a resource's life, for tests: drives a provider binary and checks every answer as the host does.
//
//     Host host(binary);                                            // starts it, reads the schema
//     host.configure(R"({"user": "vagrant"})");
//     const Instance made = host.apply(host.plan("pigsty_node", R"({"address": "10.0.0.1"})"));
//     EXPECT_TRUE(host.plan("pigsty_node", R"({"address": "10.0.0.1"})", made).is_no_op());
//     EXPECT_TRUE(plan_twice_same_bytes(binary, provider_config, "pigsty_node", config, made));
//
// What breaks a rule of the protocol is a HostError: thrown, so that a test cannot overlook it. What the provider says
// to the user (diagnostics) is part of the outcome. Configurations are JSON, `{}` in them for everything left out;
// Value where unknowns are needed: configuration("pigsty_node", json).with("address", Value::unknown()).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "provider/framework/diagnostic.h"
#include "provider/framework/server_schema.h"
#include "provider/plugin/plugin_process.h"
#include "provider/value/value.h"

namespace pigsty::plugin {

struct HostError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One resource as Terraform stores it.
struct Instance {
    value::Value state;  // null: there is none
    std::string private_state;
    std::optional<value::Value> identity;
    framework::Diagnostics diagnostics;  // of the call that answered it
};

struct Plan {
    std::string type_name;
    value::Value config;
    Instance prior;
    value::Value planned_state;
    std::string planned_private;
    std::optional<value::Value> planned_identity;
    std::vector<value::Path> requires_replace;  // those that count: prior and planned differ there
    framework::Diagnostics diagnostics;
    std::string bytes;  // the whole reply, for comparisons

    [[nodiscard]] bool is_no_op() const { return !diagnostics.has_error() && planned_state == prior.state; }
    [[nodiscard]] bool replaces() const { return !requires_replace.empty(); }
};

class Host {
  public:
    // Throws HostError when the provider does not start or its schemas would not load.
    explicit Host(const std::string& binary, const LaunchOptions& options = {});

    [[nodiscard]] PluginProcess& process() { return *process_; }
    [[nodiscard]] const framework::Schema& resource_schema(const std::string& type_name) const;
    [[nodiscard]] const framework::Schema& data_source_schema(const std::string& type_name) const;
    // Null where the type has no identity.
    [[nodiscard]] const value::Type* identity_type(const std::string& type_name) const;
    [[nodiscard]] const framework::Schema& provider_schema() const { return provider_; }
    [[nodiscard]] std::vector<std::string> resource_types() const;
    // JSON as a configuration: left-out members are null, in nested blocks empty.
    [[nodiscard]] value::Value configuration(const std::string& resource_type, std::string_view json) const;

    framework::Diagnostics validate_provider(std::string_view json);
    framework::Diagnostics configure(std::string_view json);
    void stop();

    framework::Diagnostics validate(const std::string& type_name, const value::Value& config);
    Plan plan(const std::string& type_name, const value::Value& config, const Instance& prior = {});
    Plan plan(const std::string& type_name, std::string_view json, const Instance& prior = {});
    Plan plan_destroy(const std::string& type_name, const Instance& prior);
    // Plans again as Terraform does before it applies, here with `known` in place of unknown configuration, then applies.
    Instance apply(const Plan& plan);
    Instance apply(const Plan& plan, const value::Value& known_config);
    Instance read(const std::string& type_name, const Instance& current);
    Instance import_id(const std::string& type_name, const std::string& id);
    // `json`: the identity as an import block writes it; left-out members are null.
    Instance import_identity(const std::string& type_name, std::string_view json);
    // `raw_state`: JSON as stored by schema version `version`.
    Instance upgrade(const std::string& type_name, std::int64_t version, const std::string& raw_state);
    Instance move(const std::string& source_type, const std::string& raw_state, const std::string& target_type);
    value::Value generate_config(const std::string& type_name, const value::Value& state);

    Instance read_data(const std::string& type_name, std::string_view json);
    // The result, or the error's text.
    std::expected<value::Value, std::string> call(const std::string& function,
                                                  const std::vector<value::Value>& arguments);

  private:
    Instance imported(const tfplugin6::ImportResourceState::Request& request);

    std::unique_ptr<PluginProcess> process_;
    framework::Schema provider_;
    std::map<std::string, framework::Schema> resources_;
    std::map<std::string, framework::Schema> data_sources_;
    std::map<std::string, framework::FunctionSchema> functions_;
    std::map<std::string, value::Type> identities_;
};

// Of two plans of one change, byte for byte; empty where there is none.
std::string difference_of(const Plan& one, const Plan& other);

// The rule behind "Provider produced inconsistent final plan": a plan made by another process is the same, byte for byte.
// Empty when it is; else what differs.
std::string plan_twice_same_bytes(const std::string& binary, std::string_view provider_config,
                                  const std::string& type_name, const value::Value& config, const Instance& prior = {});

}  // namespace pigsty::plugin
