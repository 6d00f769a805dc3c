// RunTest: two throw-away machines, a table with items and acts, and runs over them as separate processes would make them.
#pragma once

#include <algorithm>

#include <gmock/gmock.h>

#include "core/base/hash.h"
#include "core/converge/fault.h"
#include "core/converge/run.h"
#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/node/testing/local_machine.h"

namespace pigsty::converge {

using item::FileItem;
using item::FileSpec;
using item::Handler;
using item::ItemPtr;
using testing::ElementsAre;
using testing::HasSubstr;

class Lines : public ProgressSink {
  public:
    void event(const ProgressEvent& event) noexcept override {
        const std::lock_guard lock(mutex_);
        lines.push_back(event.member + " " + event.what +
                        (event.state == ProgressState::failed   ? " failed"
                         : event.state == ProgressState::moving ? ": " + event.detail
                                                                : ""));
    }
    std::vector<std::string> lines;

  private:
    std::mutex mutex_;
};

struct Wish {
    std::string text = "one\n";
    bool second_file = true;
    bool breaks_service = false;
};

class RunTest : public testing::Test {
  protected:
    void SetUp() override {
        for (int i = 1; i <= 2; ++i) {
            auto started = node::LocalMachine::start();
            if (!started) GTEST_SKIP() << summary(started.error()) << detail(started.error());
            machines.push_back(*started);
            members.push_back({.number = std::to_string(i),
                               .name = "t-" + std::to_string(i),
                               .address = {.address = "10.10.10.1" + std::to_string(i)}});
            sh(i,
               "mkdir -p /etc/systemd/system; printf '[Service]\\nExecStart=/bin/true\\n' > "
               "/etc/systemd/system/pigtest.service");
        }
    }

    // Each Run is a process of its own to the nodes.
    std::unique_ptr<converge::Run> run(const std::string& id = "", nlohmann::json spec = {{"text", "one"}}) {
        nodes.clear();
        sink = std::make_shared<Lines>();
        return std::make_unique<converge::Run>(
            RunOptions{
                .identity = {"test", "t", id},
                .members = members,
                .spec = std::move(spec),
                .connect = [this](const node::NodeAddress& address, const Cancel& cancel) -> Result<node::NodePtr> {
                    const auto index = static_cast<std::size_t>(address.address.back() - '1');
                    if (down == static_cast<int>(index) + 1)
                        return fail(ErrorCode::unreachable, "SSH port did not answer");
                    const node::RootEndSettings settings{.run_id = handover ? handover->run_id() : ""};
                    TRY(const auto node, machines.at(index)->connect(cancel, settings, address.address));
                    const std::lock_guard lock(mutex);
                    nodes[address.address] = node;
                    return node;
                },
                .progress = sink,
                .lock_timeout = lock_timeout,
                .handover = handover},
            Cancel::within(std::chrono::seconds(60)));
    }

    Table table(const Wish& wish) {
        return {
            {.name = "folders",
             .items = [](const Site&) -> std::vector<ItemPtr> {
                 return {std::make_shared<item::ReservationItem>("port 999"),
                         std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = "/etc/pigtest"})};
             }},
            {.name = "configuration",
             .items = [wish](const Site& site) -> std::vector<ItemPtr> {
                 Handler reload = Handler::reload("pigtest.service");
                 if (wish.breaks_service) {
                     reload.health = "! grep -q broken /etc/pigtest/main.conf";
                     reload.health_within = std::chrono::seconds(1);
                 }
                 std::vector<ItemPtr> items = {
                     std::make_shared<FileItem>(FileSpec{.path = "/etc/pigtest/main.conf",
                                                         .content = site.member.name + " " + wish.text,
                                                         .mode = 0600,
                                                         .handlers = {reload}})};
                 if (wish.second_file) {
                     items.push_back(std::make_shared<FileItem>(
                         FileSpec{.path = "/etc/pigtest/second.conf", .content = "second\n", .handlers = {reload}}));
                 }
                 return items;
             }},
            {.name = "start",
             .items = [](const Site&) -> std::vector<ItemPtr> {
                 return {std::make_shared<item::ServiceItem>(
                     item::ServiceSpec{.unit = "pigtest.service", .enabled = true, .running = true})};
             }},
            {.name = "learn",
             .act = [](Site& site, StepContext& context) -> Status {
                 TRY_VOID(context.request(site, {node::RunScript{.text = "echo learned >> /var/tmp/acts"}}));
                 site.claim->facts["system"] = "42";
                 return {};
             }},
            {.name = "once",
             .spread = Spread::once,
             .act = [](Site& site, StepContext& context) -> Status {
                 TRY_VOID(context.request(site, {node::RunScript{.text = "echo once >> /var/tmp/acts"}}));
                 context.changed_something(site);
                 return {};
             },
             .act_when = When::when_changed,
             .watches = {"configuration"}},
        };
    }

    std::string sh(int machine, const std::string& script) {
        return machines.at(static_cast<std::size_t>(machine - 1))->run(script).value_or("could not run");
    }
    std::uint64_t requests(int machine) {
        return nodes.at("10.10.10.1" + std::to_string(machine))->counters().requests;
    }
    std::uint64_t writes(int machine) { return nodes.at("10.10.10.1" + std::to_string(machine))->counters().writes; }
    std::string claim_text(int machine) { return sh(machine, "cat /var/lib/pigsty/claims/test-t.json 2>/dev/null"); }

    // Creates and answers the id.
    std::string created(const Wish& wish = {}) {
        auto first = run();
        const auto status = first->create(table(wish));
        EXPECT_TRUE(status) << summary(status.error()) << "\n" << detail(status.error());
        state = managed(desired(table(wish), members));
        return first->identity().id;
    }
    Planned planned(const Wish& wish, const Drift& drift = {}) {
        return {.managed = managed(desired(table(wish), members)), .prior = state, .observed = drift.observed};
    }

    std::vector<std::shared_ptr<node::LocalMachine>> machines;
    std::vector<Member> members;
    std::map<std::string, std::shared_ptr<node::RemoteNode>> nodes;
    std::shared_ptr<Lines> sink;
    std::mutex mutex;
    Managed state;
    int down = 0;
    std::chrono::milliseconds lock_timeout = std::chrono::seconds(5);
    std::shared_ptr<Handover> handover;  // of the process that run() imitates; null: it has none
};

}  // namespace pigsty::converge
