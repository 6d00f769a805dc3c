// The wire as the test host sees it: calls with a bound, and values, schemas and diagnostics that break a rule of the protocol
// thrown as HostError. For host_harness.cpp alone.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "provider/framework/diagnostic.h"
#include "provider/framework/host_checks.h"
#include "provider/plugin/host_harness.h"
#include "provider/plugin/plugin_process.h"
#include "provider/plugin/wire_value.h"
#include "provider/value/value.h"

namespace pigsty::plugin {

[[noreturn]] void refuse(const std::string& summary, const std::string& detail);

template <class T>
T loaded(std::expected<T, std::string> schema, const std::string& name) {
    if (!schema) refuse("provider has an invalid schema for " + name, schema.error());
    return *std::move(schema);
}

// Terraform makes no call wait for ever, and a test must not either.
template <class Request, class Response>
Response called(PluginProcess& process,
                grpc::Status (tfplugin6::Provider::Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(10));
    Response response;
    const grpc::Status status = (process.provider().*rpc)(&context, request, &response);
    // What the process said last is the best hint at why it is gone.
    if (!status.ok()) refuse("Plugin error", status.error_message() + "\n" + process.log());
    return response;
}

// `what` names the value in errors.
value::Value decode(const tfplugin6::DynamicValue& message, const value::Type& type, const char* what);
void encode(const value::Value& value, const value::Type& type, tfplugin6::DynamicValue* message);
void check(const framework::Mismatches& mismatches, const std::string& summary);
void check_diagnostics(const DiagnosticList& list);
framework::Diagnostics told(const DiagnosticList& list);
value::Value value_from(const value::Type& type, std::string_view json);
// Map fields have no fixed order on the wire unless asked for; a comparison of bytes needs one.
std::string deterministic_bytes(const google::protobuf::Message& message);

}  // namespace pigsty::plugin
