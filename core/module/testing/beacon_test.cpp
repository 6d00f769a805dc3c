// The smallest module through a life on a throw-away machine: plan, create, look, destroy.
#include "core/module/testing/beacon.h"

#include "core/converge/plan.h"
#include "core/converge/run.h"
#include "core/item/certificate_text.h"
#include "core/module/ca/keys.h"
#include "core/module/ca/spec.h"
#include "core/module/ca/table.h"
#include "core/node/testing/node_test.h"

namespace pigsty::module::beacon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;

class BeaconTest : public node::NodeTest {
  protected:
    void SetUp() override {
        node::NodeTest::SetUp();
        if (!machine) return;
        const ca::Authority authority{.nodes = {{"1", {.address = "10.10.10.11"}}}};
        ASSERT_TRUE(ca::KeyItem({.authority = authority}).converse(*node, {}, cancel));
        done({node->store_claim({.kind = ca::kKind,
                                 .name = authority.name,
                                 .id = "0",
                                 .member = "",
                                 .spec = write_json(authority),
                                 .items = {}})});
        const auto certificate = item::read_certificate(machine->read(ca::certificate_path(authority.name)));
        ASSERT_TRUE(certificate);
        beacon.members = authority.nodes;
        beacon.ca = {
            .id = "0", .name = authority.name, .fingerprint = certificate->fingerprint, .nodes = authority.nodes};
    }

    // As a process of its own.
    std::unique_ptr<converge::Run> run(const std::string& id = "") {
        return std::make_unique<converge::Run>(
            converge::RunOptions{
                .identity = {kKind, beacon.name, id},
                .members = members_of(beacon),
                .spec = write_json(beacon),
                .connect = [this](const node::NodeAddress& address, const Cancel& within) -> Result<node::NodePtr> {
                    TRY(last, machine->connect(within, {}, address.address));
                    return last;
                }},
            cancel);
    }
    converge::Table table() const {
        return table_of(beacon, [this](const node::NodeAddress&, const Cancel&, node::Reach) -> Result<node::NodePtr> {
            return node;
        });
    }

    Beacon beacon;
    std::shared_ptr<node::RemoteNode> last;
};

TEST_F(BeaconTest, a_plan_shows_all_of_it_without_a_node) {
    const auto planned = converge::managed(converge::desired(table_of(beacon, nullptr), members_of(beacon)));
    EXPECT_THAT(planned,
                ElementsAre(Key("beacon-1 /etc/beacon"), Key("beacon-1 /etc/beacon/ca.crt"),
                            Key("beacon-1 /etc/beacon/server.crt"), Key("beacon-1 /etc/systemd/system/beacon.service"),
                            Key("beacon-1 package openssl"), Key("beacon-1 service beacon.service")));
}

TEST_F(BeaconTest, it_is_created_seen_as_it_is_and_destroyed) {
    const auto first = run();
    const auto created = first->create(table());
    ASSERT_TRUE(created) << summary(created.error()) << detail(created.error());
    const auto certificate = item::read_certificate(machine->read("/etc/beacon/server.crt"));
    ASSERT_TRUE(certificate);
    EXPECT_EQ(certificate->common_name, "beacon-1");
    EXPECT_EQ(machine->run("systemctl is-active beacon.service").value_or(""), "active\n");

    const std::string id = first->identity().id;
    const auto planned = converge::managed(converge::desired(table_of(beacon, nullptr), members_of(beacon)));
    EXPECT_EQ(first->done(), planned);
    const auto drift = run(id)->read(table());
    ASSERT_TRUE(drift) << summary(drift.error());
    EXPECT_THAT(drift->sentences, IsEmpty());
    ASSERT_TRUE(run(id)->update(table(), {.managed = planned, .prior = planned, .observed = {}}));
    EXPECT_EQ(last->counters().writes, 0U);

    const auto destroyed = run(id)->destroy(removal_of(beacon));
    ASSERT_TRUE(destroyed) << summary(destroyed.error()) << detail(destroyed.error());
    EXPECT_EQ(machine->run("ls -d /etc/beacon /etc/systemd/system/beacon.service 2>/dev/null").value_or("?"), "");
}

}  // namespace
}  // namespace pigsty::module::beacon
