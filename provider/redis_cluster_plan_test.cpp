// What a plan of pigsty_redis_cluster refuses of a living cluster, with where it is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "provider/plugin/host_harness.h"

namespace pigsty::provider {
namespace {

using plugin::Host;
using plugin::Instance;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using value::Value;

constexpr const char* kType = "pigsty_redis_cluster";

nlohmann::json two_servers() {
    return {{"name", "redis-ms"},
            {"mode", "standalone"},
            {"engine", "redis"},
            {"password", "word"},
            {"nodes",
             {{"1", {{"address", "10.10.10.10"}, {"instances", {{"6379", nlohmann::json::object()}}}}},
              {"2", {{"address", "10.10.10.11"}, {"instances", {{"6379", {{"replica_of", "10.10.10.10 6379"}}}}}}}}}};
}

class RedisClusterPlan : public testing::Test {
  protected:
    void SetUp() override { ASSERT_FALSE(host.configure("{}").has_error()); }

    // Errors of the plan that makes `config` of what two_servers() is.
    std::vector<std::string> errors_of(const nlohmann::json& config) {
        const plugin::Plan made = host.plan(kType, two_servers().dump());
        Value state = made.planned_state;
        for (const char* const computed : {"id", "managed", "last_change", "drift", "endpoints", "access"})
            if (state.get(computed).is_unknown()) state = state.with(computed, Value::null());
        const Instance prior{.state = state,
                             .private_state = made.planned_private,
                             .identity = made.planned_identity,
                             .diagnostics = {}};
        std::vector<std::string> errors;
        for (const auto& diagnostic : host.plan(kType, host.configuration(kType, config.dump()), prior).diagnostics)
            if (diagnostic.severity == framework::Severity::kError)
                errors.push_back(diagnostic.summary + ": " + diagnostic.detail);
        return errors;
    }

    Host host{PIGSTY_PROVIDER};
};

TEST_F(RedisClusterPlan, takes_what_may_change) {
    nlohmann::json changed = two_servers();
    changed["max_memory"] = "2GB";
    changed["parameters"] = {{"hz", "20"}};
    changed["nodes"]["1"]["instances"]["6379"]["max_memory"] = "1GB";
    EXPECT_THAT(errors_of(changed), IsEmpty());
}

TEST_F(RedisClusterPlan, refuses_what_a_cluster_keeps_for_life) {
    for (const auto& [attribute, value] : std::map<std::string, nlohmann::json>{
             {"mode", "cluster"}, {"engine", "valkey"}, {"data_dir", "/data/other"}, {"replicas", 2}}) {
        nlohmann::json changed = two_servers();
        changed[attribute] = value;
        EXPECT_THAT(errors_of(changed), Contains(HasSubstr(attribute))) << attribute;
    }
}

TEST_F(RedisClusterPlan, refuses_another_or_a_missing_instance) {
    nlohmann::json more = two_servers();
    more["nodes"]["2"]["instances"]["6380"] = {{"replica_of", "10.10.10.10 6379"}};
    EXPECT_THAT(
        errors_of(more),
        Contains("Another instance of a living cluster: At `nodes[\"2\"].instances[\"6380\"]`: Expected the ports "
                 "that redis-ms was made with, found 6380 as a new one. This version adds no instances; make a "
                 "cluster of another name with it."));
    nlohmann::json other = two_servers();
    other["nodes"]["1"]["instances"] = {{"6400", nlohmann::json::object()}};
    other["nodes"]["2"]["instances"]["6379"]["replica_of"] = "10.10.10.10 6400";
    EXPECT_THAT(
        errors_of(other),
        Contains("An instance of a living cluster is missing: At `nodes[\"1\"].instances`: Expected the ports that "
                 "redis-ms was made with, found no 6379. This version removes no instances; write it down again."));
}

TEST_F(RedisClusterPlan, refuses_tls_that_comes_later) {
    nlohmann::json changed = two_servers();
    changed["ca"] = {{"id", "0b1c2d3e-0000-4000-8000-000000000001"},
                     {"name", "pigsty"},
                     {"fingerprint", "ab:cd"},
                     {"nodes", {{"1", {{"address", "10.10.10.11"}}}}}};
    EXPECT_THAT(errors_of(changed), Contains(HasSubstr("TLS of a living cluster")));
}

// Problems and warnings of the specification come with where they are, and without what is not known yet.
TEST_F(RedisClusterPlan, says_what_is_wrong_with_a_configuration) {
    const auto told = [&](const Value& config) {
        std::vector<std::string> texts;
        for (const auto& diagnostic : host.validate(kType, config))
            texts.push_back(diagnostic.summary + ": " + diagnostic.detail);
        return texts;
    };
    nlohmann::json config = two_servers();
    config["nodes"]["2"]["instances"]["6379"]["replica_of"] = "10.10.10.10 7000";
    EXPECT_THAT(told(host.configuration(kType, config.dump())),
                Contains("expected an instance that `nodes` declares, found 10.10.10.10 7000: At "
                         "`nodes[\"2\"].instances[\"6379\"].replica_of`: name the primary of its group, as "
                         "\"10.10.10.10 6379\""));
    config = two_servers();
    config.erase("password");
    EXPECT_THAT(told(host.configuration(kType, config.dump())),
                Contains(HasSubstr("redis-ms has no password: only its nodes themselves may connect")));
    const Value later = host.configuration(kType, config.dump()).with("password", Value::unknown());
    EXPECT_THAT(told(later), IsEmpty());
}

TEST_F(RedisClusterPlan, never_holds_a_write_only_password) {
    nlohmann::json config = two_servers();
    config.erase("password");
    config["password_wo"] = "never to be seen";
    config["password_wo_version"] = 1;
    const plugin::Plan plan = host.plan(kType, config.dump());
    EXPECT_TRUE(plan.planned_state.get("password_wo").is_null());
    EXPECT_EQ(plan.planned_private.find("never to be seen"), std::string::npos);
}

}  // namespace
}  // namespace pigsty::provider
