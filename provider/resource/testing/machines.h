// A provider whose machines are this one, for tests of resources through the framework.
//
//     Session made(machine, "pigsty_node");
//     made.host.apply(made.host.config(…));
//     Session down(machine, "pigsty_node", {{kAddress, ErrorCode::unreachable}});   // that address does not answer
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/node/testing/node_test.h"
#include "provider/framework/framework_server.h"
#include "provider/framework/testing/host.h"
#include "provider/resource/ca.h"
#include "provider/resource/node.h"
#include "provider/resource/testing/tally_cluster.h"

namespace pigsty::provider::testing {

inline constexpr const char* kAddress = "10.10.10.11";

struct NoConfig {
    std::optional<std::string> nothing;
};

class Unreachable final : public node::Launcher {
  public:
    explicit Unreachable(ErrorCode code) : code_(code) {}
    Result<std::unique_ptr<node::RemoteProcess>> start(const std::string&, const Cancel&) override {
        return fail(code_, "SSH port 22 did not answer within 10 s");
    }
    [[nodiscard]] std::string login_user() const override { return "root"; }

  private:
    ErrorCode code_;
};

// Every address is this machine, or what `down` says of it.
class Machines final : public framework::TypedProvider<NoConfig> {
  public:
    Machines(std::shared_ptr<node::LocalMachine> machine, std::map<std::string, ErrorCode> down, bool forget)
        : machine_(std::move(machine)), down_(std::move(down)), forget_(forget) {}

    framework::Declaration<NoConfig> declare() const override {
        return {.description = "Machines.",
                .attributes = {framework::attribute("nothing", &NoConfig::nothing).optional().description("Nothing.")}};
    }
    Result<std::shared_ptr<void>> configure(const NoConfig&, const framework::Unknowns&,
                                            framework::Call&) const override {
        auto fleet = std::make_shared<Fleet>();
        fleet->forget_unreachable = forget_;
        fleet->nodes = std::make_shared<node::NodePool>(
            node::Connection{},
            [machine = machine_, down = down_](const node::NodeAddress& at) -> std::shared_ptr<node::Launcher> {
                if (const auto found = down.find(at.address); found != down.end())
                    return std::make_shared<Unreachable>(found->second);
                return machine->launcher();
            });
        return std::shared_ptr<void>(std::move(fleet));
    }
    void ended_in_order(const std::shared_ptr<void>& data) const override {
        const auto errors =
            static_cast<Fleet*>(data.get())->handover->confirm(Cancel::within(std::chrono::seconds(10)));
        EXPECT_TRUE(errors.empty());
    }
    std::vector<framework::Entry<framework::Resource>> resources() const override {
        return {framework::entry<framework::Resource, NodeResource>("pigsty_node"),
                framework::entry<framework::Resource, CaResource>("pigsty_ca"),
                framework::entry<framework::Resource, TallyClusterResource>("pigsty_tally_cluster")};
    }

  private:
    std::shared_ptr<node::LocalMachine> machine_;
    std::map<std::string, ErrorCode> down_;
    bool forget_;
};

struct Session {
    Session(const std::shared_ptr<node::LocalMachine>& machine, const std::string& type,
            std::map<std::string, ErrorCode> down = {}, bool forget = false)
        : server(std::make_unique<Machines>(machine, std::move(down), forget)), host(server, type) {
        EXPECT_FALSE(
            server.configure({"1.15.9", value::Value::object({{"nothing", value::Value::null()}}), {}}).has_error());
    }
    framework::FrameworkServer server;
    framework::testing::Host host;
};

}  // namespace pigsty::provider::testing
