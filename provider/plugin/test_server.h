// A provider with one of everything, for the tests of the wire. Keeps nothing, contacts nothing.
//
// Resource test_thing: `name` (required, replaces), `size`, `tags`, `parts` (nested map), `secret` (write-only),
// `note` (computed). Data source test_fact: `name`, `note`, blocks `filter`. Names with a meaning of their own:
//   throw    the operation throws          misfit   the operation answers a value that does not fit the schema
//   slow     apply runs until stop()       gone     read finds nothing        print    prints on standard output
#pragma once

#include <condition_variable>
#include <mutex>

#include "provider/framework/server.h"

namespace pigsty::plugin {

class TestServer final : public framework::ProviderServer {
  public:
    const framework::Schema& provider_schema() override;
    std::vector<std::string> type_names(framework::ObjectKind kind) const override;
    const framework::Schema* find_schema(framework::ObjectKind kind, std::string_view type_name) override;
    const framework::IdentitySchema* find_identity_schema(std::string_view resource_type) override;
    std::vector<std::string> function_names() const override;
    const framework::FunctionSchema* find_function(std::string_view name) override;

    framework::Diagnostics validate_provider_config(const value::Value& config) override;
    framework::Diagnostics configure(const framework::ConfigureRequest& request) override;
    void stop() override;
    void ended_in_order() override;

    framework::Diagnostics validate_resource(const framework::ValidateRequest& request) override;
    framework::UpgradeStateResponse upgrade_state(const framework::UpgradeStateRequest& request) override;
    framework::UpgradeIdentityResponse upgrade_identity(const framework::UpgradeIdentityRequest& request) override;
    framework::ReadResponse read(const framework::ReadRequest& request) override;
    framework::PlanResponse plan(const framework::PlanRequest& request) override;
    framework::ApplyResponse apply(const framework::ApplyRequest& request) override;
    framework::ImportResponse import_state(const framework::ImportRequest& request) override;
    framework::MoveResponse move(const framework::MoveRequest& request) override;
    framework::GenerateConfigResponse generate_config(const framework::GenerateConfigRequest& request) override;

    framework::Diagnostics validate_data(const framework::ValidateRequest& request) override;
    framework::ReadDataResponse read_data(const framework::ReadDataRequest& request) override;
    framework::CallFunctionResponse call_function(const framework::CallFunctionRequest& request) override;

    framework::Diagnostics validate_ephemeral(const framework::ValidateRequest& request) override;
    framework::OpenEphemeralResponse open_ephemeral(const framework::OpenEphemeralRequest& request) override;
    framework::RenewEphemeralResponse renew_ephemeral(const framework::EphemeralRequest& request) override;
    framework::Diagnostics close_ephemeral(const framework::EphemeralRequest& request) override;

    framework::Diagnostics validate_list(const framework::ValidateRequest& request) override;
    void list(const framework::ListRequest& request, const framework::ListPush& push) override;

    framework::Diagnostics validate_action(const framework::ValidateRequest& request) override;
    framework::PlanActionResponse plan_action(const framework::ActionRequest& request) override;
    framework::Diagnostics invoke_action(const framework::ActionRequest& request,
                                         const framework::ActionProgress& progress) override;

  private:
    std::mutex mutex_;
    std::condition_variable stopping_;
    bool stopped_ = false;
};

}  // namespace pigsty::plugin
