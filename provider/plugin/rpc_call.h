// One call from Terraform: what it collects while being answered.
//
//     return answer("ReadResource", request->type_name(), response->mutable_diagnostics(), [&](RpcCall& call) {
//         const value::Type& type = call.type_of(ObjectKind::kResource, request->type_name());
//         value::Value state = call.read(request->current_state(), type, "current state");
//         if (call.failed()) return;
//         …
//         call.write(response_state, type, response->mutable_new_state(), "new state");
//     });
//
// The first failure sticks: later reads give null and change nothing, so one check before the real work is enough.
// Nothing that goes wrong here ends the process or the connection; all of it becomes diagnostics.
#pragma once

#include <chrono>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "provider/framework/server.h"
#include "provider/plugin/wire_value.h"

namespace pigsty::plugin {

// The type of each schema, derived once. Keyed by address: schemas live as long as the server.
class TypeCache {
  public:
    const value::Type& type_of(const framework::Schema& schema);
    const value::Type& type_of(const framework::IdentitySchema& schema);

  private:
    template <class S>
    const value::Type& derived(const S& schema);

    std::shared_mutex mutex_;
    std::unordered_map<const void*, value::Type> types_;
};

class RpcCall {
  public:
    RpcCall(const char* rpc, const std::string& object, framework::ProviderServer& server, TypeCache& types,
            DiagnosticList* diagnostics);
    RpcCall(const RpcCall&) = delete;
    RpcCall& operator=(const RpcCall&) = delete;
    ~RpcCall();  // logs what was answered and how long it took

    [[nodiscard]] bool failed() const { return failed_; }
    void fail(std::string summary, std::string detail);
    void add(const framework::Diagnostics& diagnostics) { write_diagnostics(diagnostics, diagnostics_); }

    // The type of values of that thing; a diagnostic where the provider has none of that name.
    const value::Type& type_of(framework::ObjectKind kind, const std::string& type_name);
    const value::Type& provider_type();

    // `what` names the value in messages: "current state".
    value::Value read(const tfplugin6::DynamicValue& message, const value::Type& type, const char* what);
    void write(const value::Value& value, const value::Type& type, tfplugin6::DynamicValue* message, const char* what);

    // Nothing where the message is absent or the resource has no identity.
    std::optional<value::Value> read_identity(bool present, const tfplugin6::ResourceIdentityData& message,
                                              const std::string& type_name);
    // `message` gives the reply's field when there is something to put into it: an empty one would already count.
    template <class MessageOf>
    void write_identity(const std::optional<value::Value>& identity, const std::string& type_name, MessageOf message) {
        const value::Type* type = identity_type(type_name);
        if (identity && type != nullptr)
            write(*identity, *type, message()->mutable_identity_data(), "resource identity");
    }

  private:
    const value::Type* identity_type(const std::string& type_name);

    const char* rpc_;
    const std::string& object_;
    framework::ProviderServer& server_;
    TypeCache& types_;
    DiagnosticList* diagnostics_;
    std::chrono::steady_clock::time_point begun_;
    bool failed_ = false;
};

// What a caught exception says; for the diagnostic that it becomes.
framework::Diagnostic describe_exception(const char* rpc, const char* what);

// "pigsty_a, pigsty_b", or "none".
std::string listed(const std::vector<std::string>& names);

}  // namespace pigsty::plugin
