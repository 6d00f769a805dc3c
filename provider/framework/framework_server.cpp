#include "provider/framework/framework_server.h"

#include <utility>

#include "provider/framework/catalog.h"
#include "provider/framework/host_checks.h"
#include "provider/framework/identity.h"
#include "provider/framework/planning.h"
#include "provider/framework/validation.h"

namespace pigsty::framework {
namespace {

// The rules of the declarations first; the kind's own code only sees what they were content with.
template <class Kind>
Diagnostics validate(const Kind& kind, const Value& config, bool write_only_allowed) {
    Diagnostics diagnostics;
    const auto& declaration = kind.declaration();
    validate_config(declaration.attributes, declaration.rules, config, write_only_allowed, diagnostics);
    if (!diagnostics.has_error() && config.is_known()) {
        kind.validate_object(with_defaults(declaration.attributes, config), diagnostics);
    }
    return diagnostics;
}

}  // namespace

const IdentitySchema* Catalog::identity(std::string_view resource) {
    const Resource* found = resources.find(resource);
    if (found == nullptr || found->declaration().identity.empty()) return nullptr;
    const std::lock_guard lock(mutex_);
    auto known = identities_.find(resource);
    if (known == identities_.end()) {
        known = identities_.emplace(std::string(resource), identity_schema(found->declaration().identity)).first;
    }
    return &known->second;
}

FrameworkServer::FrameworkServer(std::unique_ptr<const Provider> provider)
    : provider_(std::move(provider)), catalog_(std::make_unique<Catalog>(*provider_)) {}

FrameworkServer::~FrameworkServer() = default;

std::shared_ptr<void> FrameworkServer::provider_data() const {
    const std::lock_guard lock(mutex_);
    return configured_;
}

Cancel FrameworkServer::cancel_within(std::chrono::milliseconds bound) const {
    const std::lock_guard lock(mutex_);
    return run_.within_at_most(bound);
}

void FrameworkServer::stop() {
    const std::lock_guard lock(mutex_);
    run_.request_stop();
}

void FrameworkServer::ended_in_order() {
    if (const auto data = provider_data()) provider_->ended_in_order(data);
}

// --- schemas ---

const Schema& FrameworkServer::provider_schema() { return catalog_->provider_schema(); }

std::vector<std::string> FrameworkServer::type_names(ObjectKind kind) const {
    switch (kind) {
        case ObjectKind::kResource: return catalog_->resources.names();
        case ObjectKind::kDataSource: return catalog_->data_sources.names();
        case ObjectKind::kEphemeral: return catalog_->ephemerals.names();
        case ObjectKind::kList: return catalog_->lists.names();
        case ObjectKind::kAction: return catalog_->actions.names();
    }
    return {};
}

const Schema* FrameworkServer::find_schema(ObjectKind kind, std::string_view type_name) {
    switch (kind) {
        case ObjectKind::kResource: return catalog_->resources.schema(type_name);
        case ObjectKind::kDataSource: return catalog_->data_sources.schema(type_name);
        case ObjectKind::kEphemeral: return catalog_->ephemerals.schema(type_name);
        case ObjectKind::kList: return catalog_->lists.schema(type_name);
        case ObjectKind::kAction: return catalog_->actions.schema(type_name);
    }
    return nullptr;
}

const IdentitySchema* FrameworkServer::find_identity_schema(std::string_view resource_type) {
    return catalog_->identity(resource_type);
}

std::vector<std::string> FrameworkServer::function_names() const { return catalog_->functions.names(); }

const FunctionSchema* FrameworkServer::find_function(std::string_view name) {
    const Function* function = catalog_->functions.find(name);
    return function == nullptr ? nullptr : &function->schema();
}

// --- validation ---

Diagnostics FrameworkServer::validate_provider_config(const Value& config) {
    return validate(*provider_, config, true);
}

Diagnostics FrameworkServer::validate_resource(const ValidateRequest& request) {
    return validate(catalog_->resources.at(request.type_name), request.config,
                    request.client.write_only_attributes_allowed);
}

Diagnostics FrameworkServer::validate_data(const ValidateRequest& request) {
    return validate(catalog_->data_sources.at(request.type_name), request.config, true);
}

Diagnostics FrameworkServer::validate_ephemeral(const ValidateRequest& request) {
    return validate(catalog_->ephemerals.at(request.type_name), request.config, true);
}

Diagnostics FrameworkServer::validate_list(const ValidateRequest& request) {
    return validate(catalog_->lists.at(request.type_name), request.config, true);
}

Diagnostics FrameworkServer::validate_action(const ValidateRequest& request) {
    return validate(catalog_->actions.at(request.type_name), request.config, true);
}

// --- provider, data sources, functions ---

Diagnostics FrameworkServer::configure(const ConfigureRequest& request) {
    Diagnostics diagnostics;
    PrivateData none;
    const ObjectDeclaration& declaration = provider_->declaration();
    Call call{"provider", cancel_within(declaration.timeout), none, diagnostics, nullptr};
    auto made = provider_->configure_object(with_defaults(declaration.attributes, request.config), call);
    if (!made) {
        diagnostics.add(to_diagnostic(made.error()));
        return diagnostics;
    }
    const std::lock_guard lock(mutex_);
    configured_ = std::move(*made);
    // A process under a debugger outlives the run that was stopped.
    if (run_.stop_requested()) run_ = Cancel();
    return diagnostics;
}

ReadDataResponse FrameworkServer::read_data(const ReadDataRequest& request) {
    ReadDataResponse response;
    const DataSource& source = catalog_->data_sources.at(request.type_name);
    const ObjectDeclaration& declaration = source.declaration();
    PrivateData none;
    Call call{request.type_name, cancel_within(declaration.timeout), none, response.diagnostics, provider_data()};
    const Value config = with_defaults(declaration.attributes, request.config);
    const auto found = source.read_object(config, call);
    if (!found) response.diagnostics.add(to_diagnostic(found.error()));
    if (response.diagnostics.has_error()) return response;
    const Schema& schema = *catalog_->data_sources.schema(request.type_name);
    response.state = with_prior_spelling(declaration.attributes, config, *found);
    Mismatches mismatches = check_plan(schema, request.config, Value::null(), response.state);
    for (Mismatch& mismatch : check_state(schema, response.state)) mismatches.push_back(std::move(mismatch));
    report_bugs(mismatches, "impossible result",
                "The data of " + request.type_name + " does not follow its configuration:", response.diagnostics);
    return response;
}

CallFunctionResponse FrameworkServer::call_function(const CallFunctionRequest& request) {
    auto result = catalog_->functions.at(request.name).call_values(request.arguments);
    if (!result) return {Value::null(), std::move(result).error()};
    return {std::move(*result), std::nullopt};
}

}  // namespace pigsty::framework
