// Ephemeral resources, lists and actions.

#include <utility>

#include "provider/framework/catalog.h"
#include "provider/framework/framework_server.h"
#include "provider/framework/host_checks.h"
#include "provider/framework/planning.h"

namespace pigsty::framework {
namespace {

// The whole state of something found, as an import by its identity and a refresh give it.
void add_object(const Resource& resource, Call& call, const FoundResource& item, ListEvent& event) {
    const ImportKey key{.id = {}, .identity = item.identity};
    const auto stub = resource.import_object(key, call);
    if (!stub) return event.diagnostics.add(to_diagnostic(stub.error()));
    const auto found = resource.read_object(settled(*stub, Value::null()), call);
    if (!found) return event.diagnostics.add(to_diagnostic(found.error()));
    if (*found) event.resource_object = without_write_only(resource.declaration().attributes, **found);
}

}  // namespace

OpenEphemeralResponse FrameworkServer::open_ephemeral(const OpenEphemeralRequest& request) {
    OpenEphemeralResponse response;
    const Ephemeral& ephemeral = catalog_->ephemerals.at(request.type_name);
    const ObjectDeclaration& declaration = ephemeral.declaration();
    PrivateData private_data;
    Call call{request.type_name, cancel_within(declaration.timeout), private_data, response.diagnostics,
              provider_data()};
    const auto opened = ephemeral.open_object(with_defaults(declaration.attributes, request.config), call);
    if (!opened) response.diagnostics.add(to_diagnostic(opened.error()));
    if (response.diagnostics.has_error()) return response;
    response.result = opened->result;
    response.renew_at = opened->renew_at;
    response.private_state = private_data.encode();
    const Schema& schema = *catalog_->ephemerals.schema(request.type_name);
    report_bugs(check_plan(schema, request.config, Value::null(), response.result), "impossible result",
                "The result of " + request.type_name + " does not follow its configuration:", response.diagnostics);
    return response;
}

RenewEphemeralResponse FrameworkServer::renew_ephemeral(const EphemeralRequest& request) {
    RenewEphemeralResponse response;
    auto private_data = private_data_of(request.private_state.value_or(PrivateState()), response.diagnostics);
    if (!private_data) return response;
    const Ephemeral& ephemeral = catalog_->ephemerals.at(request.type_name);
    Call call{request.type_name, cancel_within(ephemeral.declaration().timeout), *private_data, response.diagnostics,
              provider_data()};
    const auto renewed = ephemeral.renew(call);
    if (!renewed) {
        response.diagnostics.add(to_diagnostic(renewed.error()));
        return response;
    }
    response.renew_at = *renewed;
    response.private_state = private_data->encode();
    return response;
}

Diagnostics FrameworkServer::close_ephemeral(const EphemeralRequest& request) {
    Diagnostics diagnostics;
    auto private_data = private_data_of(request.private_state.value_or(PrivateState()), diagnostics);
    if (!private_data) return diagnostics;
    const Ephemeral& ephemeral = catalog_->ephemerals.at(request.type_name);
    Call call{request.type_name, cancel_within(ephemeral.declaration().timeout), *private_data, diagnostics,
              provider_data()};
    if (const Status closed = ephemeral.close(call); !closed) diagnostics.add(to_diagnostic(closed.error()));
    return diagnostics;
}

void FrameworkServer::list(const ListRequest& request, const ListPush& push) {
    const ListResource& source = catalog_->lists.at(request.type_name);
    const Resource& resource = catalog_->resources.at(request.type_name);
    const ObjectDeclaration& declaration = source.declaration();
    Diagnostics diagnostics;
    PrivateData none;
    Call call{request.type_name, cancel_within(declaration.timeout), none, diagnostics, provider_data()};
    std::int64_t sent = 0;
    const auto found = [&](const FoundResource& item) {
        if (request.limit > 0 && sent >= request.limit) return false;
        value::Members identity;
        for (const IdentityAttribute& attribute : resource.declaration().identity) {
            const auto part = item.identity.find(attribute.name);
            identity.emplace(attribute.name, part == item.identity.end() ? Value::null() : Value::string(part->second));
        }
        ListEvent event;
        event.identity = Value::object(std::move(identity));
        event.display_name = item.display_name;
        event.diagnostics = item.diagnostics;
        if (request.include_resource_object && resource.declaration().imports) {
            PrivateData private_data;
            Call object_call{request.type_name, call.cancel, private_data, event.diagnostics, provider_data()};
            add_object(resource, object_call, item, event);
        }
        ++sent;
        return push(std::move(event)) && (request.limit <= 0 || sent < request.limit);
    };
    const Status listed = source.list_objects(with_defaults(declaration.attributes, request.config), call, found);
    if (!listed) diagnostics.add(to_diagnostic(listed.error()));
    if (diagnostics.empty()) return;
    ListEvent event;
    event.diagnostics = std::move(diagnostics);
    push(std::move(event));
}

PlanActionResponse FrameworkServer::plan_action(const ActionRequest& request) {
    PlanActionResponse response;
    const Action& action = catalog_->actions.at(request.action_type);
    const ObjectDeclaration& declaration = action.declaration();
    PrivateData none;
    Call call{request.action_type, cancel_within(declaration.timeout), none, response.diagnostics, provider_data()};
    const Status ready = action.preflight_object(with_defaults(declaration.attributes, request.config), call);
    if (!ready) response.diagnostics.add(to_diagnostic(ready.error()));
    return response;
}

Diagnostics FrameworkServer::invoke_action(const ActionRequest& request, const ActionProgress& progress) {
    Diagnostics diagnostics;
    const Action& action = catalog_->actions.at(request.action_type);
    const ObjectDeclaration& declaration = action.declaration();
    PrivateData none;
    Call call{request.action_type, cancel_within(declaration.timeout), none, diagnostics, provider_data()};
    const Status done = action.invoke_object(with_defaults(declaration.attributes, request.config), call, progress);
    if (!done) diagnostics.add(to_diagnostic(done.error()));
    return diagnostics;
}

}  // namespace pigsty::framework
