#include "core/module/pgsql/spec/spec.h"

#include <gmock/gmock.h>

namespace pigsty::module::pgsql {
namespace {

PgCluster three_nodes() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.version = 17;
    cluster.instances["10"] = {
        .node = {.address = "10.10.10.13", .ssh = node::SshRoute{.host = "203.0.113.3", .port = 2222}},
        .role = "offline"};
    cluster.instances["2"] = {.node = {.address = "10.10.10.12"}, .parameters = {{"work_mem", "8MB"}}};
    cluster.sizing = Sizing{.cpu = 2, .memory_mb = 2048, .disk_gb = 20};
    cluster.hba_rules = {{.title = "reports", .user = "report", .addr = "10.0.0.0/8", .auth = "ssl", .order = 50}};
    cluster.default_services = Services{};
    cluster.default_roles = {Role{.name = "dbrole_readonly", .attributes = {.login = false}, .expire_in = 7300}};
    cluster.role_passwords = {{"dbuser_monitor", Secret("hidden")}};
    cluster.role_passwords_version = 2;
    cluster.ca = {.id = "a", .name = "pigsty-ca", .fingerprint = "ff", .nodes = {{"1", {.address = "10.10.10.11"}}}};
    cluster.dcs.endpoints = {"https://10.10.10.11:2379"};
    return cluster;
}

TEST(Spec, survives_the_way_through_a_claim) {
    PgCluster cluster = three_nodes();
    const auto back = pg_cluster_from_json(nlohmann::json::parse(to_json(cluster).dump()));
    ASSERT_TRUE(back) << back.error().message;
    cluster.role_passwords.clear();
    EXPECT_EQ(*back, cluster);
}

TEST(Spec, keeps_no_secret) { EXPECT_EQ(to_json(three_nodes()).dump().find("hidden"), std::string::npos); }

TEST(Spec, tells_null_from_an_empty_list) {
    const nlohmann::json json = to_json(three_nodes());
    EXPECT_TRUE(json.contains("default_services"));
    EXPECT_FALSE(json.contains("default_privileges"));
}

TEST(Spec, names_the_path_of_what_does_not_fit) {
    nlohmann::json json = to_json(three_nodes());
    json["instances"]["2"]["weight"] = "heavy";
    const auto back = pg_cluster_from_json(json);
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().message, "instances[\"2\"].weight: expected an integer, found string");
}

TEST(Spec, orders_members_as_numbers) {
    std::vector<std::string> keys;
    for (const auto& [key, instance] : three_nodes().instances) keys.push_back(key);
    EXPECT_THAT(keys, testing::ElementsAre("2", "10"));
}

TEST(Spec, users_and_databases_survive_too) {
    PgUser user;
    user.cluster = {.id = "x", .name = "pg-test", .members = {{"1", {.address = "10.10.10.11"}}}};
    user.name = "quote\"d 'name'";
    user.password = Secret("hidden");
    user.roles = {"b", "a"};
    user.role_options["a"] = {.admin = true};
    const auto user_back = pg_user_from_json(to_json(user));
    ASSERT_TRUE(user_back);
    user.password.reset();
    EXPECT_EQ(*user_back, user);

    PgDatabase database;
    database.cluster = user.cluster;
    database.name = "app";
    database.extensions = {{.name = "pg_trgm", .schema = "public"}};
    database.pool_size = 64;
    database.resource = {{"deletion_protection", false}};
    const auto database_back = pg_database_from_json(to_json(database));
    ASSERT_TRUE(database_back);
    EXPECT_EQ(*database_back, database);
}

}  // namespace
}  // namespace pigsty::module::pgsql
