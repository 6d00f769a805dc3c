#include "provider/plugin/rpc_call.h"

#include <mutex>

#include "provider/plugin/log.h"

namespace pigsty::plugin {

using framework::ObjectKind;
using value::Type;
using value::Value;

namespace {

const char* kind_name(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::kResource: return "resource type";
        case ObjectKind::kDataSource: return "data source type";
        case ObjectKind::kEphemeral: return "ephemeral resource type";
        case ObjectKind::kList: return "list resource type";
        case ObjectKind::kAction: return "action type";
    }
    return "type";
}

const Type& empty_object() {
    static const Type type = Type::object({});
    return type;
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        if (!text.empty()) text += ", ";
        text += name;
    }
    return text.empty() ? "none" : text;
}

template <class S>
const Type& TypeCache::derived(const S& schema) {
    {
        const std::shared_lock lock(mutex_);
        if (const auto found = types_.find(&schema); found != types_.end()) return found->second;
    }
    Type type = schema.type();
    const std::unique_lock lock(mutex_);
    // Elements of an unordered_map keep their address when others are added.
    return types_.try_emplace(&schema, std::move(type)).first->second;
}

const Type& TypeCache::type_of(const framework::Schema& schema) { return derived(schema); }
const Type& TypeCache::type_of(const framework::IdentitySchema& schema) { return derived(schema); }

RpcCall::RpcCall(const char* rpc, const std::string& object, framework::ProviderServer& server, TypeCache& types,
                 DiagnosticList* diagnostics)
    : rpc_(rpc),
      object_(object),
      server_(server),
      types_(types),
      diagnostics_(diagnostics),
      begun_(std::chrono::steady_clock::now()) {}

RpcCall::~RpcCall() {
    const auto took = std::chrono::steady_clock::now() - begun_;
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    log_event(spdlog::level::trace, "answered",
              {{"tf_rpc", rpc_},
               {"tf_object", object_},
               {"tf_proto_version", "6.11"},
               {"tf_req_duration_ms", std::to_string(milliseconds)},
               {"diagnostic_count", std::to_string(diagnostics_->size())}});
}

void RpcCall::fail(std::string summary, std::string detail) {
    failed_ = true;
    write_diagnostic({.summary = std::move(summary), .detail = std::move(detail), .path = {}}, diagnostics_->Add());
}

const Type& RpcCall::type_of(ObjectKind kind, const std::string& type_name) {
    if (const framework::Schema* schema = server_.find_schema(kind, type_name)) return types_.type_of(*schema);
    const std::string what = kind_name(kind);
    fail("Unknown " + what, "This version of the provider has no " + what + " \"" + type_name +
                                "\". It has: " + listed(server_.type_names(kind)) + ".");
    return empty_object();
}

const Type& RpcCall::provider_type() { return types_.type_of(server_.provider_schema()); }

Value RpcCall::read(const tfplugin6::DynamicValue& message, const Type& type, const char* what) {
    if (failed_) return {};
    auto value = read_dynamic(message, type);
    if (value) return *std::move(value);
    fail("Value does not fit the schema",
         std::string("Terraform sent a ") + what + " for " + object_ + " that does not fit this provider's schema. " +
             value.error().to_string() + ". Was the provider replaced by another version during this run?");
    return {};
}

void RpcCall::write(const Value& value, const Type& type, tfplugin6::DynamicValue* message, const char* what) {
    auto done = write_dynamic(value, type, message);
    if (done) return;
    fail("Provider produced an invalid value", std::string("The ") + what + " of " + object_ +
                                                   " does not fit its own schema. " + done.error().to_string() +
                                                   ". This is a bug in the provider: please report it.");
}

const Type* RpcCall::identity_type(const std::string& type_name) {
    const framework::IdentitySchema* schema = server_.find_identity_schema(type_name);
    return schema == nullptr ? nullptr : &types_.type_of(*schema);
}

std::optional<Value> RpcCall::read_identity(bool present, const tfplugin6::ResourceIdentityData& message,
                                            const std::string& type_name) {
    if (failed_ || !present) return std::nullopt;
    const Type* type = identity_type(type_name);
    if (type == nullptr) return std::nullopt;
    return read(message.identity_data(), *type, "resource identity");
}

framework::Diagnostic describe_exception(const char* rpc, const char* what) {
    return {.summary = "Unexpected error in the provider",
            .detail = std::string(rpc) + " ended with an exception: " + what +
                      ". This is a bug in the provider: please report it.",
            .path = {}};
}

}  // namespace pigsty::plugin
