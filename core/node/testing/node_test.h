// Fixture for tests on a LocalMachine.
#pragma once

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/node/testing/local_machine.h"

namespace pigsty::node {

class NodeTest : public testing::Test {
  protected:
    void SetUp() override {
        auto started = LocalMachine::start();
        if (!started) GTEST_SKIP() << summary(started.error()) << detail(started.error());
        machine = *started;
        node = connect();
    }

    std::shared_ptr<RemoteNode> connect(const RootEndSettings& settings = {}) {
        auto connected = machine->connect(cancel, settings);
        if (!connected) ADD_FAILURE() << summary(connected.error()) << detail(connected.error());
        return connected.value_or(nullptr);
    }

    std::vector<OperationResult> done(std::vector<Operation> operations) {
        auto results = node->request(std::move(operations), cancel, {});
        EXPECT_TRUE(results) << summary(results.error()) << detail(results.error());
        return results.value_or(std::vector<OperationResult>());
    }

    Observation seen(const Probes& probes) {
        auto found = node->observe_now(probes, cancel);
        EXPECT_TRUE(found) << summary(found.error()) << detail(found.error());
        return found.value_or(Observation());
    }

    // Waits for a fact about the machine.
    [[nodiscard]] bool becomes(const std::function<bool()>& fact) const {
        while (!fact())
            if (!cancel.pause(std::chrono::milliseconds(20))) return false;
        return true;
    }

    const Cancel cancel = Cancel::within(std::chrono::seconds(60));
    std::shared_ptr<LocalMachine> machine;
    std::shared_ptr<RemoteNode> node;
};

}  // namespace pigsty::node
