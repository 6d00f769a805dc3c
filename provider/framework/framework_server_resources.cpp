// The life of managed resources: read, plan, apply, import, move, upgrade.

#include <utility>

#include <spdlog/fmt/fmt.h>

#include "provider/framework/catalog.h"
#include "provider/framework/duration.h"
#include "provider/framework/framework_server.h"
#include "provider/framework/host_checks.h"
#include "provider/framework/identity.h"
#include "provider/framework/planner.h"
#include "provider/framework/planning.h"
#include "provider/value/json.h"

namespace pigsty::framework {
namespace {

// Set from an import to the first read: until then the identity is what the user wrote.
constexpr std::string_view kImported = ".imported";

std::chrono::milliseconds timeout(const Value& state, std::string_view operation, std::chrono::milliseconds otherwise) {
    const Value& written = state.get("timeouts").get(operation);
    if (!written.is_known()) return otherwise;
    return parse_duration(written.as_string()).value_or(otherwise);
}

// A result that Terraform would refuse.
void report_differences(const ApplyRequest& request, const Mismatches& mismatches, Diagnostics& diagnostics,
                        Severity severity) {
    report_bugs(mismatches, "result differs from the plan",
                "The result of " + request.type_name + " does not follow its plan:", diagnostics, severity);
}

// The planned object with the values that only the configuration has.
Value to_do(const Resource& resource, const ApplyRequest& request) {
    return with_write_only(resource.declaration().attributes, request.planned_state, request.config);
}

// A result as Terraform stores it: prior spellings, no write-only values.
Value to_store(const Resource& resource, const Value& before, const Value& result) {
    const AttributeList& attributes = resource.declaration().attributes;
    return without_write_only(attributes, with_prior_spelling(attributes, before, result));
}

// The plan wherever it is known, the result elsewhere: what a created object's state becomes when the two disagree.
Value plan_first(const Value& planned, const Value& result) {
    if (planned.is_unknown()) return settled(result, Value::null());
    if (planned.is_wholly_known()) return planned;
    if (planned.form() == Value::Form::kMap && result.is_known() && result.form() == Value::Form::kMap) {
        value::Members members;
        for (const auto& [key, member] : planned.members()) members.emplace(key, plan_first(member, result.get(key)));
        return Value::map(std::move(members));
    }
    return settled(result, Value::null());
}

void apply_create(const Resource& resource, const Schema& schema, const ApplyRequest& request, Call& call,
                  ApplyResponse& response) {
    const auto created = resource.create_object(to_do(resource, request), call);
    if (!created) response.diagnostics.add(to_diagnostic(created.error()));
    // Null and an error: a state would be marked tainted, and the next plan would destroy what was made.
    if (response.diagnostics.has_error()) return;
    response.new_state = to_store(resource, request.planned_state, *created);
    const Mismatches mismatches = check_apply(schema, request.planned_state, response.new_state);
    if (mismatches.empty()) return;
    // The object exists and its state must not be lost or tainted by a mistake of ours: warn, and let the next refresh
    // tell what is true.
    response.new_state = plan_first(request.planned_state, response.new_state);
    report_differences(request, mismatches, response.diagnostics, Severity::kWarning);
}

void apply_update(const Resource& resource, const Schema& schema, const ApplyRequest& request, Call& call,
                  ApplyResponse& response) {
    const UpdatedObject updated = resource.update_object(request.prior_state, to_do(resource, request), call);
    if (updated.failure) response.diagnostics.add(to_diagnostic(*updated.failure));
    if (response.diagnostics.has_error()) {
        const Value state = updated.state.value_or(request.prior_state);
        response.new_state = settled(to_store(resource, request.prior_state, state), request.prior_state);
        return;
    }
    response.new_state = to_store(resource, request.planned_state, *updated.state);
    report_differences(request, check_apply(schema, request.planned_state, response.new_state), response.diagnostics,
                       Severity::kError);
    response.new_state = settled(response.new_state, request.prior_state);
}

void apply_destroy(const Resource& resource, const ApplyRequest& request, Call& call, ApplyResponse& response) {
    if (auto refusal = refuse_if_protected(resource, request.type_name, request.prior_state, std::nullopt)) {
        response.diagnostics.add(std::move(*refusal));
    } else if (const Status destroyed = resource.destroy_object(request.prior_state, call); !destroyed) {
        response.diagnostics.add(to_diagnostic(destroyed.error()));
    }
    if (response.diagnostics.has_error()) response.new_state = request.prior_state;
}

// Did the import find anything to say? Defaults and empty collections do not count.
bool says_something(const AttributeList& attributes, const Value& state) {
    for (const Attribute& attribute : attributes) {
        const Value& value = state.get(attribute.name);
        if (!value.is_known() || attribute.fixed_default) continue;
        if (attribute.type.is_collection()) {
            const bool empty = value.form() == Value::Form::kMap ? value.members().empty() : value.elements().empty();
            if (!empty) return true;
        } else if (value.form() != Value::Form::kString || !value.as_string().empty()) {
            return true;
        }
    }
    return false;
}

}  // namespace

ReadResponse FrameworkServer::read(const ReadRequest& request) {
    ReadResponse response;
    response.new_state = request.current_state;
    response.private_state = request.private_state;
    response.new_identity = request.current_identity;
    const Resource& resource = catalog_->resources.at(request.type_name);
    const ResourceDeclaration& declaration = resource.declaration();
    auto private_data = private_data_of(request.private_state, response.diagnostics);
    if (!private_data) return response;
    const bool imported = private_data->get(kImported).has_value();
    const auto bound = timeout(request.current_state, "read", declaration.timeouts.read);
    Call call{request.type_name, cancel_within(bound), *private_data, response.diagnostics, provider_data()};
    const auto found = resource.read_object(request.current_state, call);
    if (!found) response.diagnostics.add(to_diagnostic(found.error()));
    if (response.diagnostics.has_error()) return response;
    if (!*found) {
        response.new_state = Value::null();
        return response;
    }
    response.new_state = to_store(resource, request.current_state, **found);
    const Schema& schema = *catalog_->resources.schema(request.type_name);
    report_bugs(check_state(schema, response.new_state), "impossible state",
                "The state of " + request.type_name + " after a refresh:", response.diagnostics);
    response.new_identity = identity_of(declaration, response.new_state);
    if (!imported)
        check_same_identity(declaration, request.current_identity, response.new_identity, response.diagnostics);
    private_data->erase(kImported);
    response.private_state = private_data->encode();
    return response;
}

PlanResponse FrameworkServer::plan(const PlanRequest& request) {
    return plan_resource(catalog_->resources.at(request.type_name), *catalog_->resources.schema(request.type_name),
                         request);
}

ApplyResponse FrameworkServer::apply(const ApplyRequest& request) {
    ApplyResponse response;
    response.private_state = request.planned_private;
    response.new_identity = request.planned_identity;
    const Resource& resource = catalog_->resources.at(request.type_name);
    const Schema& schema = *catalog_->resources.schema(request.type_name);
    const ResourceDeclaration& declaration = resource.declaration();
    const bool creates = request.prior_state.is_null();
    const bool destroys = request.planned_state.is_null();
    auto private_data = private_data_of(request.planned_private, response.diagnostics);
    if (!private_data) {
        response.new_state = request.prior_state;
        return response;
    }
    const DefaultTimeouts& defaults = declaration.timeouts;
    const auto bound = creates    ? timeout(request.planned_state, "create", defaults.create)
                       : destroys ? timeout(request.prior_state, "delete", defaults.destroy)
                                  : timeout(request.planned_state, "update", defaults.update);
    Call call{request.type_name, cancel_within(bound), *private_data, response.diagnostics, provider_data()};
    if (destroys) {
        apply_destroy(resource, request, call, response);
    } else if (creates) {
        apply_create(resource, schema, request, call, response);
    } else {
        apply_update(resource, schema, request, call, response);
    }
    if (!response.new_state.is_null()) {
        response.private_state = private_data->encode();
        const auto identity = identity_of(declaration, response.new_state);
        if (!creates && !destroys) {
            check_same_identity(declaration, request.planned_identity, identity, response.diagnostics);
        }
        response.new_identity = identity;
    }
    return response;
}

ImportResponse FrameworkServer::import_state(const ImportRequest& request) {
    ImportResponse response;
    const Resource& resource = catalog_->resources.at(request.type_name);
    const ResourceDeclaration& declaration = resource.declaration();
    if (!declaration.imports) {
        response.diagnostics.add_error("Import not supported",
                                       request.type_name +
                                           " cannot be imported: what it stands for cannot be found "
                                           "again by a name. Create it with an apply instead.");
        return response;
    }
    ImportKey key{.id = request.id, .identity = {}};
    if (request.identity && request.identity->is_known()) {
        for (const auto& [name, part] : request.identity->members()) {
            if (!part.is_known()) continue;
            key.identity[name] = part.form() == Value::Form::kString ? part.as_string() : part.to_display();
        }
    }
    PrivateData private_data;
    Call call{request.type_name, cancel_within(declaration.timeouts.read), private_data, response.diagnostics,
              provider_data()};
    const auto stub = resource.import_object(key, call);
    if (!stub) response.diagnostics.add(to_diagnostic(stub.error()));
    if (response.diagnostics.has_error()) return response;
    if (!says_something(declaration.attributes, *stub)) {
        response.diagnostics.add_error(
            "Bug in the provider: empty import",
            "The import of " + request.type_name +
                " set no attribute, so nothing could be read afterwards. Please report this.");
        return response;
    }
    private_data.set(kImported, "true");
    ImportedResource imported;
    imported.type_name = request.type_name;
    imported.state = settled(without_write_only(declaration.attributes, *stub), Value::null());
    imported.private_state = private_data.encode();
    imported.identity = key.by_identity() ? request.identity : identity_of(declaration, imported.state);
    response.resources.push_back(std::move(imported));
    return response;
}

MoveResponse FrameworkServer::move(const MoveRequest& request) {
    MoveResponse response;
    response.diagnostics.add_error(
        "Move not supported",
        fmt::format("{} cannot take over the state of {} of provider {}. Import the object instead, and take the old "
                    "resource out of the state with a `removed` block.",
                    request.target_type_name, request.source_type_name, request.source_provider_address));
    return response;
}

UpgradeStateResponse FrameworkServer::upgrade_state(const UpgradeStateRequest& request) {
    UpgradeStateResponse response;
    const Resource& resource = catalog_->resources.at(request.type_name);
    const ResourceDeclaration& declaration = resource.declaration();
    if (request.version == declaration.version) {
        const Type type = catalog_->resources.schema(request.type_name)->type();
        const auto state = value::from_json(request.raw_state, type, {.ignore_unknown_members = true});
        if (state) {
            // An attribute that the version which wrote it did not know is as if it had been left out.
            response.upgraded_state =
                with_defaults(declaration.attributes, without_write_only(declaration.attributes, *state));
        } else {
            response.diagnostics.add_error(
                "Unreadable state", "Expected a state of " + request.type_name + ", found one that does not fit: " +
                                        state.error().to_string() + ". Import the object again.");
        }
        return response;
    }
    const auto upgrader = declaration.upgraders.find(request.version);
    if (upgrader == declaration.upgraders.end()) {
        response.diagnostics.add_error(
            "State of another version",
            fmt::format("Expected a state of {} with schema version {}{}, found version {}. {}", request.type_name,
                        declaration.version, declaration.upgraders.empty() ? "" : " or one that can be upgraded",
                        request.version,
                        request.version > declaration.version
                            ? "Use the provider version that wrote it, or a newer one."
                            : "Import the object again."));
        return response;
    }
    const auto upgraded = upgrader->second(request.raw_state);
    if (upgraded) {
        response.upgraded_state = without_write_only(declaration.attributes, *upgraded);
    } else {
        response.diagnostics.add(to_diagnostic(upgraded.error()));
    }
    return response;
}

UpgradeIdentityResponse FrameworkServer::upgrade_identity(const UpgradeIdentityRequest& request) {
    UpgradeIdentityResponse response;
    const IdentitySchema* schema = catalog_->identity(request.type_name);
    if (schema == nullptr) {
        response.diagnostics.add_error("No identity", request.type_name + " has no identity that could be upgraded.");
        return response;
    }
    if (request.version != schema->version) {
        response.diagnostics.add_error(
            "Identity of another version",
            fmt::format("Expected an identity of {} with version {}, found version {}. Import the "
                        "object again.",
                        request.type_name, schema->version, request.version));
        return response;
    }
    auto identity = value::from_json(request.raw_identity, schema->type(), {.ignore_unknown_members = true});
    if (identity) {
        response.upgraded_identity = std::move(*identity);
    } else {
        response.diagnostics.add_error("Unreadable identity",
                                       identity.error().to_string() + ". Import the object again.");
    }
    return response;
}

GenerateConfigResponse FrameworkServer::generate_config(const GenerateConfigRequest& request) {
    const Resource& resource = catalog_->resources.at(request.type_name);
    const AttributeList& attributes = resource.declaration().attributes;
    Value config = transform(
        attributes, request.state, Path::root(), [](const Attribute& attribute, const Value& value, const Path&) {
            const bool written = (attribute.required || attribute.optional) && !attribute.write_only;
            const bool is_default = attribute.fixed_default && *attribute.fixed_default == value;
            return written && !is_default && attribute.deprecation.empty() ? value : Value::null();
        });
    resource.tidy_config(config, request.state);
    return {std::move(config), {}};
}

}  // namespace pigsty::framework
