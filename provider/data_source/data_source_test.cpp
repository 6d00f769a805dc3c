// What data sources show, without a provider around them; the machines are throw-away ones (core/node/testing).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/module/pgsql/cluster/table.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/testing/node_test.h"
#include "provider/configuration/fleet.h"
#include "provider/data_source/node.h"
#include "provider/data_source/pg_cluster.h"

namespace pigsty::provider {
namespace {

using module::pgsql::MemberOverview;
using module::pgsql::Overview;
using module::pgsql::PgCluster;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using value::Value;

PgCluster two_members() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.version = 17;
    cluster.sizing = render::Sizing{2, 4096, 40};
    cluster.instances = {{"1", {.node = {.address = "10.10.10.11"}, .role = "primary"}},
                         {"2", {.node = {.address = "10.10.10.12"}}}};
    return cluster;
}

Overview seen_now() {
    return {
        .members = {{"1",
                     {.name = "pg-test-1",
                      .address = "10.10.10.11",
                      .declared_role = "primary",
                      .role = "replica",
                      .lag_bytes = 0,
                      .pending_restart = true}},
                    {"2",
                     {.name = "pg-test-2", .address = "10.10.10.12", .declared_role = "replica", .role = "leader"}}},
        .leader = "pg-test-2",
        .system_identifier = "7",
        .version_actual = "17.6",
        .settings = {{"work_mem", "64MB"}}};
}

TEST(PgClusterView, joins_what_is_declared_and_what_is_seen) {
    const PgClusterView view = view_of(two_members(), "the-id", seen_now());
    EXPECT_EQ(view.leader, "pg-test-2");
    EXPECT_TRUE(view.pending_restart);
    EXPECT_EQ(view.settings->at("work_mem"), "64MB");
    EXPECT_EQ(view.services.at("primary").port, 5433);
    EXPECT_EQ(view.endpoints.at("primary").uri, "postgresql://10.10.10.11:5433,10.10.10.12:5433/");
    EXPECT_EQ(view.connection, module::pgsql::connection_of(two_members(), "the-id"));
}

TEST(PgClusterView, has_nothing_from_a_leader_that_was_not_asked) {
    Overview seen = seen_now();
    seen.leader.reset();
    seen.incomplete = Error{.code = ErrorCode::failed, .message = "pg-test has no leader at the moment"};
    const PgClusterView view = view_of(two_members(), "the-id", seen);
    EXPECT_EQ(view.leader, std::nullopt);
    EXPECT_EQ(view.settings, std::nullopt);
    EXPECT_EQ(view.version_actual, std::nullopt);
}

// Reads through a fleet whose only machine is a throw-away one.
class DataSourceTest : public node::NodeTest {
  protected:
    void SetUp() override {
        NodeTest::SetUp();
        if (IsSkipped()) return;
        fleet->nodes = std::make_shared<node::NodePool>(
            node::Connection{}, [this](const node::NodeAddress&) { return machine->launcher(); });
        fleet->sessions = std::make_shared<module::pgsql::Sessions>(
            [nodes = fleet->nodes](const node::NodeAddress& address, const Cancel& stop, node::Reach) {
                return nodes->node(address, stop);
            });
    }

    void claim(const std::string& name, node::ClaimState state) {
        const node::Claim claim{.kind = module::pgsql::kKind,
                                .name = name,
                                .id = "id-of-" + name,
                                .state = state,
                                .member = name + "-1",
                                .spec = module::pgsql::to_json(two_members()),
                                .items = {}};
        done({node->store_claim(claim)});
    }

    Result<Value> read(const framework::DataSource& source, const Value& config) {
        framework::PrivateData private_data;
        framework::Call call{.type_name = "",
                             .cancel = cancel,
                             .private_data = private_data,
                             .diagnostics = diagnostics,
                             .provider_data = fleet};
        return source.read_object(config, call);
    }

    std::shared_ptr<Fleet> fleet = std::make_shared<Fleet>();
    framework::Diagnostics diagnostics;
};

Value address() { return Value::string("10.10.10.11"); }

TEST_F(DataSourceTest, a_node_shows_its_facts_and_what_is_managed_on_it) {
    claim("pg-test", node::ClaimState::ready);
    const auto found = read(NodeDataSource(), Value::object({{"address", address()}, {"ssh", Value::null()}}));
    ASSERT_TRUE(found) << summary(found.error());
    EXPECT_EQ(found->get("address"), address());
    EXPECT_TRUE(found->get("ssh").is_null());
    EXPECT_GT(found->get("cpu").as_int64(), 0);
    EXPECT_EQ(found->get("sizing").get("memory_mb").as_int64() % 256, 0);
    EXPECT_THAT(found->get("resources").elements(),
                ElementsAre(Value::object({{"type", Value::string("pigsty_pg_cluster")},
                                           {"name", Value::string("pg-test")},
                                           {"id", Value::string("id-of-pg-test")},
                                           {"member", Value::string("pg-test-1")},
                                           {"state", Value::string("ready")}})));
}

TEST_F(DataSourceTest, a_cluster_that_is_not_there_or_not_done_is_an_error) {
    claim("pg-half", node::ClaimState::creating);
    const auto look = [&](const char* name) {
        const Value nodes = Value::list({Value::object({{"address", address()}, {"ssh", Value::null()}})});
        const auto found =
            read(PgClusterDataSource(), Value::object({{"name", Value::string(name)}, {"nodes", nodes}}));
        return found ? std::string("found") : summary(found.error());
    };
    EXPECT_THAT(
        look("pg-none"),
        HasSubstr("10.10.10.11: expected the PostgreSQL cluster pg-none, found no claim of it on this machine"));
    EXPECT_THAT(look("pg-half"), HasSubstr("pg-half is there, but its creation or removal has not finished"));
}

}  // namespace
}  // namespace pigsty::provider
