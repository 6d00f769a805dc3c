// Data sources, functions, ephemeral resources, list resources, actions.

#include <google/protobuf/timestamp.pb.h>

#include "core/base/utf8.h"
#include "provider/plugin/provider_service.h"
#include "provider/plugin/wire_schema.h"

namespace pigsty::plugin {

using framework::ObjectKind;
using grpc::ServerContext;
using value::Type;
using value::Value;

namespace {

template <class Response>
void write_renewal(const std::optional<std::chrono::system_clock::time_point>& time, Response* response) {
    if (!time) return;
    const auto since = time->time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    response->mutable_renew_at()->set_seconds(seconds.count());
    response->mutable_renew_at()->set_nanos(
        static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count()));
}

template <class Request>
framework::EphemeralRequest ephemeral_request(const Request& request) {
    framework::EphemeralRequest out{.type_name = request.type_name(), .private_state = {}};
    if (request.has_private_()) out.private_state = request.private_();
    return out;
}

// Types and values of a call's arguments; the error names the argument that does not fit.
std::expected<std::vector<Value>, framework::FunctionError> read_arguments(
    const framework::FunctionSchema& function,
    const google::protobuf::RepeatedPtrField<tfplugin6::DynamicValue>& messages) {
    const auto fixed = static_cast<int>(function.parameters.size());
    if (messages.size() < fixed || (messages.size() > fixed && !function.variadic_parameter)) {
        return std::unexpected(framework::FunctionError{
            .text = "the function takes " + std::to_string(fixed) +
                    (function.variadic_parameter ? " or more arguments, found " : " arguments, found ") +
                    std::to_string(messages.size()),
            .argument = {}});
    }
    std::vector<Value> arguments;
    for (int i = 0; i < messages.size(); ++i) {
        const auto& parameter =
            i < fixed ? function.parameters[static_cast<std::size_t>(i)] : *function.variadic_parameter;
        auto argument = read_dynamic(messages[i], parameter.type);
        if (!argument)
            return std::unexpected(framework::FunctionError{.text = argument.error().to_string(), .argument = i});
        arguments.push_back(*std::move(argument));
    }
    return arguments;
}

void write_function_error(const framework::FunctionError& error, tfplugin6::FunctionError* message) {
    message->set_text(replace_invalid_utf8(error.text));
    if (error.argument) message->set_function_argument(*error.argument);
}

}  // namespace

grpc::Status ProviderService::ValidateDataResourceConfig(ServerContext*,
                                                         const tfplugin6::ValidateDataResourceConfig::Request* request,
                                                         tfplugin6::ValidateDataResourceConfig::Response* response) {
    const std::string& name = request->type_name();
    return answer("ValidateDataResourceConfig", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kDataSource, name);
        const framework::ValidateRequest validate{
            .type_name = name, .config = call.read(request->config(), type, "configuration"), .client = {}};
        if (call.failed()) return;
        call.add(server_.validate_data(validate));
    });
}

grpc::Status ProviderService::ReadDataSource(ServerContext*, const tfplugin6::ReadDataSource::Request* request,
                                             tfplugin6::ReadDataSource::Response* response) {
    const std::string& name = request->type_name();
    return answer("ReadDataSource", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kDataSource, name);
        const framework::ReadDataRequest read{.type_name = name,
                                              .config = call.read(request->config(), type, "configuration"),
                                              .client = read_capabilities(request->client_capabilities())};
        if (call.failed()) return;
        const auto result = server_.read_data(read);
        call.add(result.diagnostics);
        call.write(result.state, type, response->mutable_state(), "state");
        write_deferred(result.deferred, response);
    });
}

grpc::Status ProviderService::GetFunctions(ServerContext*, const tfplugin6::GetFunctions::Request*,
                                           tfplugin6::GetFunctions::Response* response) {
    return answer("GetFunctions", "the provider", response->mutable_diagnostics(), [&](RpcCall&) {
        for (const std::string& name : server_.function_names()) {
            const framework::FunctionSchema* function = server_.find_function(name);
            if (function != nullptr) write_function(*function, &(*response->mutable_functions())[name]);
        }
    });
}

grpc::Status ProviderService::CallFunction(ServerContext*, const tfplugin6::CallFunction::Request* request,
                                           tfplugin6::CallFunction::Response* response) {
    const std::string& name = request->name();
    // The reply has no diagnostics but one error of its own.
    DiagnosticList diagnostics;
    const grpc::Status status = answer("CallFunction", name, &diagnostics, [&](RpcCall& call) {
        const framework::FunctionSchema* function = server_.find_function(name);
        if (function == nullptr) {
            call.fail("Unknown function", "This version of the provider has no function \"" + name +
                                              "\". It has: " + listed(server_.function_names()) + ".");
            return;
        }
        auto arguments = read_arguments(*function, request->arguments());
        if (!arguments) return write_function_error(arguments.error(), response->mutable_error());
        const auto result = server_.call_function({.name = name, .arguments = *std::move(arguments)});
        if (result.error) return write_function_error(*result.error, response->mutable_error());
        call.write(result.result, function->return_type, response->mutable_result(), "result");
    });
    if (!diagnostics.empty()) response->mutable_error()->set_text(diagnostics[0].detail());
    return status;
}

grpc::Status ProviderService::ValidateEphemeralResourceConfig(
    ServerContext*, const tfplugin6::ValidateEphemeralResourceConfig::Request* request,
    tfplugin6::ValidateEphemeralResourceConfig::Response* response) {
    const std::string& name = request->type_name();
    return answer("ValidateEphemeralResourceConfig", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kEphemeral, name);
        const framework::ValidateRequest validate{
            .type_name = name, .config = call.read(request->config(), type, "configuration"), .client = {}};
        if (call.failed()) return;
        call.add(server_.validate_ephemeral(validate));
    });
}

grpc::Status ProviderService::OpenEphemeralResource(ServerContext*,
                                                    const tfplugin6::OpenEphemeralResource::Request* request,
                                                    tfplugin6::OpenEphemeralResource::Response* response) {
    const std::string& name = request->type_name();
    return answer("OpenEphemeralResource", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kEphemeral, name);
        const framework::OpenEphemeralRequest open{.type_name = name,
                                                   .config = call.read(request->config(), type, "configuration"),
                                                   .client = read_capabilities(request->client_capabilities())};
        if (call.failed()) return;
        const auto result = server_.open_ephemeral(open);
        call.add(result.diagnostics);
        call.write(result.result, type, response->mutable_result(), "result");
        if (result.private_state) response->set_private_(*result.private_state);
        write_renewal(result.renew_at, response);
        write_deferred(result.deferred, response);
    });
}

grpc::Status ProviderService::RenewEphemeralResource(ServerContext*,
                                                     const tfplugin6::RenewEphemeralResource::Request* request,
                                                     tfplugin6::RenewEphemeralResource::Response* response) {
    const std::string& name = request->type_name();
    return answer("RenewEphemeralResource", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        call.type_of(ObjectKind::kEphemeral, name);
        if (call.failed()) return;
        const auto result = server_.renew_ephemeral(ephemeral_request(*request));
        call.add(result.diagnostics);
        if (result.private_state) response->set_private_(*result.private_state);
        write_renewal(result.renew_at, response);
    });
}

grpc::Status ProviderService::CloseEphemeralResource(ServerContext*,
                                                     const tfplugin6::CloseEphemeralResource::Request* request,
                                                     tfplugin6::CloseEphemeralResource::Response* response) {
    const std::string& name = request->type_name();
    return answer("CloseEphemeralResource", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        call.type_of(ObjectKind::kEphemeral, name);
        if (call.failed()) return;
        call.add(server_.close_ephemeral(ephemeral_request(*request)));
    });
}

grpc::Status ProviderService::ValidateListResourceConfig(ServerContext*,
                                                         const tfplugin6::ValidateListResourceConfig::Request* request,
                                                         tfplugin6::ValidateListResourceConfig::Response* response) {
    const std::string& name = request->type_name();
    return answer("ValidateListResourceConfig", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kList, name);
        const framework::ValidateRequest validate{
            .type_name = name, .config = call.read(request->config(), type, "configuration"), .client = {}};
        if (call.failed()) return;
        call.add(server_.validate_list(validate));
    });
}

grpc::Status ProviderService::ListResource(ServerContext*, const tfplugin6::ListResource::Request* request,
                                           grpc::ServerWriter<tfplugin6::ListResource::Event>* writer) {
    const std::string& name = request->type_name();
    tfplugin6::ListResource::Event last;
    const grpc::Status status = answer("ListResource", name, last.mutable_diagnostic(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kList, name);
        const framework::ListRequest list{.type_name = name,
                                          .config = call.read(request->config(), type, "configuration"),
                                          .include_resource_object = request->include_resource_object(),
                                          .limit = request->limit()};
        if (call.failed()) return;
        server_.list(list, [&](const framework::ListEvent& event) {
            tfplugin6::ListResource::Event out;
            out.set_display_name(replace_invalid_utf8(event.display_name));
            write_diagnostics(event.diagnostics, out.mutable_diagnostic());
            call.write_identity(event.identity, name, [&] { return out.mutable_identity(); });
            if (event.resource_object) {
                // What is listed is a managed resource of the same name.
                call.write(*event.resource_object, call.type_of(ObjectKind::kResource, name),
                           out.mutable_resource_object(), "listed resource");
            }
            return !call.failed() && writer->Write(out);
        });
    });
    if (!last.diagnostic().empty()) writer->Write(last);
    return status;
}

grpc::Status ProviderService::ValidateActionConfig(ServerContext*,
                                                   const tfplugin6::ValidateActionConfig::Request* request,
                                                   tfplugin6::ValidateActionConfig::Response* response) {
    const std::string& name = request->type_name();
    return answer("ValidateActionConfig", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kAction, name);
        const framework::ValidateRequest validate{
            .type_name = name, .config = call.read(request->config(), type, "configuration"), .client = {}};
        if (call.failed()) return;
        call.add(server_.validate_action(validate));
    });
}

grpc::Status ProviderService::PlanAction(ServerContext*, const tfplugin6::PlanAction::Request* request,
                                         tfplugin6::PlanAction::Response* response) {
    const std::string& name = request->action_type();
    return answer("PlanAction", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kAction, name);
        const framework::ActionRequest action{.action_type = name,
                                              .config = call.read(request->config(), type, "configuration"),
                                              .client = read_capabilities(request->client_capabilities())};
        if (call.failed()) return;
        const auto result = server_.plan_action(action);
        call.add(result.diagnostics);
        write_deferred(result.deferred, response);
    });
}

grpc::Status ProviderService::InvokeAction(ServerContext*, const tfplugin6::InvokeAction::Request* request,
                                           grpc::ServerWriter<tfplugin6::InvokeAction::Event>* writer) {
    const std::string& name = request->action_type();
    // A stream that ends without this event would pass for success.
    tfplugin6::InvokeAction::Event last;
    const grpc::Status status =
        answer("InvokeAction", name, last.mutable_completed()->mutable_diagnostics(), [&](RpcCall& call) {
            const Type& type = call.type_of(ObjectKind::kAction, name);
            const framework::ActionRequest action{.action_type = name,
                                                  .config = call.read(request->config(), type, "configuration"),
                                                  .client = read_capabilities(request->client_capabilities())};
            if (call.failed()) return;
            call.add(server_.invoke_action(action, [&](const std::string& message) {
                tfplugin6::InvokeAction::Event event;
                event.mutable_progress()->set_message(replace_invalid_utf8(message));
                writer->Write(event);
            }));
        });
    writer->Write(last);
    return status;
}

}  // namespace pigsty::plugin
