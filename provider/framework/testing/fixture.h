// What the tests of FrameworkServer start from: a server over the test provider, a host, and a plain configuration.
#pragma once

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/framework/framework_server.h"
#include "provider/framework/testing/cluster.h"
#include "provider/framework/testing/host.h"

namespace pigsty::framework::testing {

class ClusterTest : public ::testing::Test {
  protected:
    ClusterTest() { EXPECT_FALSE(server.configure({"1.15.9", provider_config(), {}}).has_error()); }

    static Value provider_config() {
        return Value::object({{"address", Value::null()}, {"parallel", Value::number(4)}});
    }

    static Value member(const std::string& address, const std::string& role = {}) {
        value::Members members = {{"address", Value::string(address)}};
        if (!role.empty()) members.emplace("role", Value::string(role));
        return Value::object(std::move(members));
    }
    static Value members() { return Value::map({{"1", member("10.0.0.1", "primary")}, {"2", member("10.0.0.2")}}); }

    // The smallest configuration, with some attributes written differently.
    Value config(const value::Members& changes = {}) const {
        value::Members all = {
            {"name", Value::string("pg-test")}, {"members", members()}, {"deletion_protection", Value::boolean(false)}};
        for (const auto& [name, value] : changes) all.insert_or_assign(name, value);
        return host.config(Value::object(std::move(all)));
    }

    std::shared_ptr<World> world = std::make_shared<World>();
    FrameworkServer server{std::make_unique<TestProvider>(world)};
    Host host{server, "test_cluster"};
};

}  // namespace pigsty::framework::testing
