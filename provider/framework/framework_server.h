// FrameworkServer: answers Terraform's calls for a Provider, by the rules of planning, state and failure that
// hold for every resource.
//
//     FrameworkServer server(std::make_unique<Pigsty>());
//     plugin::serve(server, options);
//
// Plans are pure functions of configuration, prior state and private data. Creates never answer a state
// together with an error: Terraform would mark it tainted and destroy it in the next run.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "provider/framework/provider.h"
#include "provider/framework/server.h"

namespace pigsty::framework {

class Catalog;

class FrameworkServer final : public ProviderServer {
  public:
    explicit FrameworkServer(std::unique_ptr<const Provider> provider);
    ~FrameworkServer() override;

    [[nodiscard]] const Schema& provider_schema() override;
    [[nodiscard]] std::vector<std::string> type_names(ObjectKind kind) const override;
    [[nodiscard]] const Schema* find_schema(ObjectKind kind, std::string_view type_name) override;
    [[nodiscard]] const IdentitySchema* find_identity_schema(std::string_view resource_type) override;
    [[nodiscard]] std::vector<std::string> function_names() const override;
    [[nodiscard]] const FunctionSchema* find_function(std::string_view name) override;

    Diagnostics validate_provider_config(const Value& config) override;
    Diagnostics configure(const ConfigureRequest& request) override;
    void stop() override;
    void ended_in_order() override;

    Diagnostics validate_resource(const ValidateRequest& request) override;
    UpgradeStateResponse upgrade_state(const UpgradeStateRequest& request) override;
    UpgradeIdentityResponse upgrade_identity(const UpgradeIdentityRequest& request) override;
    ReadResponse read(const ReadRequest& request) override;
    PlanResponse plan(const PlanRequest& request) override;
    ApplyResponse apply(const ApplyRequest& request) override;
    ImportResponse import_state(const ImportRequest& request) override;
    MoveResponse move(const MoveRequest& request) override;
    GenerateConfigResponse generate_config(const GenerateConfigRequest& request) override;

    Diagnostics validate_data(const ValidateRequest& request) override;
    ReadDataResponse read_data(const ReadDataRequest& request) override;
    CallFunctionResponse call_function(const CallFunctionRequest& request) override;

    Diagnostics validate_ephemeral(const ValidateRequest& request) override;
    OpenEphemeralResponse open_ephemeral(const OpenEphemeralRequest& request) override;
    RenewEphemeralResponse renew_ephemeral(const EphemeralRequest& request) override;
    Diagnostics close_ephemeral(const EphemeralRequest& request) override;

    Diagnostics validate_list(const ValidateRequest& request) override;
    void list(const ListRequest& request, const ListPush& push) override;

    Diagnostics validate_action(const ValidateRequest& request) override;
    PlanActionResponse plan_action(const ActionRequest& request) override;
    Diagnostics invoke_action(const ActionRequest& request, const ActionProgress& progress) override;

  private:
    [[nodiscard]] std::shared_ptr<void> provider_data() const;
    [[nodiscard]] Cancel cancel_within(std::chrono::milliseconds bound) const;

    std::unique_ptr<const Provider> provider_;
    std::unique_ptr<Catalog> catalog_;  // what the provider offers, each thing made on first use
    Cancel run_;
    mutable std::mutex mutex_;  // guards run_ and configured_
    std::shared_ptr<void> configured_;
};

}  // namespace pigsty::framework
