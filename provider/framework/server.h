#pragma once

// One method per RPC of the provider protocol, in terms of values instead of bytes. provider/plugin decodes
// the wire and calls this; the framework implements it.
//
//   class Server final : public ProviderServer { … };
//   plugin::serve(server, options);          // provider/plugin/serve.h
//
// What plugin guarantees, so that an implementation need not check it:
//  - `type_name` and function names are ones that the schema accessors below know; every other name was
//  answered
//    with a diagnostic before.
//  - Every Value conforms to the type of its schema (all attributes present, right kinds). Configurations may
//    hold unknowns; states never do.
//  - An exception that escapes becomes an error diagnostic, never a dead process.
// What an implementation has to keep:
//  - All methods may run at the same time on different threads, in any order. Schema accessors and
//  CallFunction
//    may be the first call of the process.
//  - Values returned conform to the schema's type; plugin turns a value that does not into an error
//  diagnostic
//    that names the path.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provider/framework/diagnostic.h"
#include "provider/framework/server_schema.h"
#include "provider/value/path.h"
#include "provider/value/value.h"

namespace pigsty::framework {

// Opaque bytes that Terraform keeps beside a state; valid UTF-8 JSON by convention of the framework.
using PrivateState = std::string;

struct ClientCapabilities {
    bool deferral_allowed = false;
    bool write_only_attributes_allowed = false;
    bool store_planned_private = false;
    bool computed_blocks_allowed = false;
};

enum class DeferredReason { kUnknown, kResourceConfigUnknown, kProviderConfigUnknown, kAbsentPrerequisite };

struct ConfigureRequest {
    std::string terraform_version{};
    value::Value config{};
    ClientCapabilities client{};
};

struct ValidateRequest {
    std::string type_name{};
    value::Value config{};
    ClientCapabilities client{};
};

// State as it was stored, by whatever version of the schema: JSON text with every digit of its numbers.
// value::from_json (provider/value/json.h) reads it by a type.
struct UpgradeStateRequest {
    std::string type_name{};
    std::int64_t version = 0;
    std::string raw_state{};
};
struct UpgradeStateResponse {
    value::Value upgraded_state{};
    Diagnostics diagnostics{};
};

struct UpgradeIdentityRequest {
    std::string type_name{};
    std::int64_t version = 0;
    std::string raw_identity{};
};
struct UpgradeIdentityResponse {
    value::Value upgraded_identity{};
    Diagnostics diagnostics{};
};

struct ReadRequest {
    std::string type_name{};
    value::Value current_state{};
    PrivateState private_state{};
    std::optional<value::Value> current_identity{};
    ClientCapabilities client{};
};
struct ReadResponse {
    value::Value new_state{};  // null without an error: the object is gone
    PrivateState private_state{};
    std::optional<value::Value> new_identity{};
    std::optional<DeferredReason> deferred{};
    Diagnostics diagnostics{};
};

struct PlanRequest {
    std::string type_name{};
    value::Value prior_state{};         // null: create
    value::Value proposed_new_state{};  // null: destroy
    value::Value config{};
    PrivateState prior_private{};
    std::optional<PrivateState> earlier_planned_private{};  // protocol 6.11: bytes of the first plan, at apply
    std::optional<value::Value> prior_identity{};
    ClientCapabilities client{};
};
struct PlanResponse {
    value::Value planned_state{};
    std::vector<value::Path> requires_replace{};
    PrivateState planned_private{};
    std::optional<value::Value> planned_identity{};
    std::optional<DeferredReason> deferred{};
    Diagnostics diagnostics{};
};

struct ApplyRequest {
    std::string type_name{};
    value::Value prior_state{};    // null: create
    value::Value planned_state{};  // null: destroy
    value::Value config{};
    PrivateState planned_private{};
    std::optional<value::Value> planned_identity{};
};
// With an error, `new_state` is what really exists: Terraform stores it (tainted after a create).
struct ApplyResponse {
    value::Value new_state{};
    PrivateState private_state{};
    std::optional<value::Value> new_identity{};
    Diagnostics diagnostics{};
};

struct ImportRequest {
    std::string type_name{};
    std::string id{};                        // empty when
    std::optional<value::Value> identity{};  // identity is given
    ClientCapabilities client{};
};
struct ImportedResource {
    std::string type_name{};
    value::Value state{};
    PrivateState private_state{};
    std::optional<value::Value> identity{};
};
struct ImportResponse {
    std::vector<ImportedResource> resources{};
    std::optional<DeferredReason> deferred{};
    Diagnostics diagnostics{};
};

struct MoveRequest {
    std::string source_provider_address{};
    std::string source_type_name{};
    std::int64_t source_schema_version = 0;
    std::string source_state{};  // raw JSON
    PrivateState source_private{};
    std::optional<std::string> source_identity{};  // raw JSON
    std::int64_t source_identity_schema_version = 0;
    std::string target_type_name{};
};
struct MoveResponse {
    value::Value target_state{};
    PrivateState target_private{};
    std::optional<value::Value> target_identity{};
    Diagnostics diagnostics{};
};

struct GenerateConfigRequest {
    std::string type_name{};
    value::Value state{};
};
struct GenerateConfigResponse {
    value::Value config{};
    Diagnostics diagnostics{};
};

struct ReadDataRequest {
    std::string type_name{};
    value::Value config{};
    ClientCapabilities client{};
};
struct ReadDataResponse {
    value::Value state{};
    std::optional<DeferredReason> deferred{};
    Diagnostics diagnostics{};
};

struct CallFunctionRequest {
    std::string name{};
    std::vector<value::Value> arguments{};  // variadic ones follow the fixed ones
};
struct FunctionError {
    std::string text{};
    std::optional<std::int64_t> argument;  // 0-based
};
struct CallFunctionResponse {
    value::Value result{};
    std::optional<FunctionError> error{};
};

struct OpenEphemeralRequest {
    std::string type_name{};
    value::Value config{};
    ClientCapabilities client{};
};
struct OpenEphemeralResponse {
    value::Value result{};
    std::optional<PrivateState> private_state{};
    std::optional<std::chrono::system_clock::time_point> renew_at{};
    std::optional<DeferredReason> deferred{};
    Diagnostics diagnostics{};
};
struct RenewEphemeralResponse {
    std::optional<PrivateState> private_state{};
    std::optional<std::chrono::system_clock::time_point> renew_at{};
    Diagnostics diagnostics{};
};
struct EphemeralRequest {  // renew and close
    std::string type_name{};
    std::optional<PrivateState> private_state{};
};

struct ListRequest {
    std::string type_name{};
    value::Value config{};
    bool include_resource_object = false;
    std::int64_t limit = 0;
};
struct ListEvent {
    std::optional<value::Value> identity{};
    std::string display_name{};
    std::optional<value::Value> resource_object{};
    Diagnostics diagnostics{};
};
// Returns false when Terraform has stopped reading: end the list then.
using ListPush = std::function<bool(ListEvent)>;

struct ActionRequest {
    std::string action_type{};
    value::Value config{};
    ClientCapabilities client{};
};
struct PlanActionResponse {
    std::optional<DeferredReason> deferred{};
    Diagnostics diagnostics{};
};
// Shows one line to the user while an action runs.
using ActionProgress = std::function<void(std::string)>;

struct ServerCapabilities {
    bool plan_destroy = true;
    bool get_provider_schema_optional = true;
    bool move_resource_state = true;
    bool generate_resource_config = true;
};

// What kinds of things a provider can offer by name.
enum class ObjectKind { kResource, kDataSource, kEphemeral, kList, kAction };

class ProviderServer {
  public:
    virtual ~ProviderServer() = default;

    // --- Schemas. References and pointers stay valid as long as the server. ---
    [[nodiscard]] virtual ServerCapabilities capabilities() const { return {}; }
    [[nodiscard]] virtual const Schema& provider_schema() = 0;
    // Sorted; only names, so that GetMetadata builds no schema.
    [[nodiscard]] virtual std::vector<std::string> type_names(ObjectKind kind) const = 0;
    // Null when there is no such type.
    [[nodiscard]] virtual const Schema* find_schema(ObjectKind kind, std::string_view type_name) = 0;
    // Null when the resource has no identity.
    [[nodiscard]] virtual const IdentitySchema* find_identity_schema(std::string_view resource_type) = 0;
    [[nodiscard]] virtual std::vector<std::string> function_names() const = 0;
    [[nodiscard]] virtual const FunctionSchema* find_function(std::string_view name) = 0;

    // --- Provider ---
    virtual Diagnostics validate_provider_config(const value::Value& config) = 0;
    virtual Diagnostics configure(const ConfigureRequest& request) = 0;
    // The user pressed Ctrl-C: return at once; running operations end early on their own.
    virtual void stop() = 0;
    // The host ends this run in order: it has had every answer and keeps it. Called once, when the host takes leave, before
    // the process ends; the host kills the process two seconds after it said so.
    virtual void ended_in_order() {}

    // --- Managed resources ---
    virtual Diagnostics validate_resource(const ValidateRequest& request) = 0;
    virtual UpgradeStateResponse upgrade_state(const UpgradeStateRequest& request) = 0;
    virtual UpgradeIdentityResponse upgrade_identity(const UpgradeIdentityRequest& request) = 0;
    virtual ReadResponse read(const ReadRequest& request) = 0;
    virtual PlanResponse plan(const PlanRequest& request) = 0;
    virtual ApplyResponse apply(const ApplyRequest& request) = 0;
    virtual ImportResponse import_state(const ImportRequest& request) = 0;
    virtual MoveResponse move(const MoveRequest& request) = 0;
    virtual GenerateConfigResponse generate_config(const GenerateConfigRequest& request) = 0;

    // --- Data sources, functions ---
    virtual Diagnostics validate_data(const ValidateRequest& request) = 0;
    virtual ReadDataResponse read_data(const ReadDataRequest& request) = 0;
    virtual CallFunctionResponse call_function(const CallFunctionRequest& request) = 0;

    // --- Ephemeral resources ---
    virtual Diagnostics validate_ephemeral(const ValidateRequest& request) = 0;
    virtual OpenEphemeralResponse open_ephemeral(const OpenEphemeralRequest& request) = 0;
    virtual RenewEphemeralResponse renew_ephemeral(const EphemeralRequest& request) = 0;
    virtual Diagnostics close_ephemeral(const EphemeralRequest& request) = 0;

    // --- List resources ---
    virtual Diagnostics validate_list(const ValidateRequest& request) = 0;
    virtual void list(const ListRequest& request, const ListPush& push) = 0;

    // --- Actions ---
    virtual Diagnostics validate_action(const ValidateRequest& request) = 0;
    virtual PlanActionResponse plan_action(const ActionRequest& request) = 0;
    virtual Diagnostics invoke_action(const ActionRequest& request, const ActionProgress& progress) = 0;
};

}  // namespace pigsty::framework
