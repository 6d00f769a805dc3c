// What every resource of the provider has to keep, whatever it manages: its schema loads, its plans are what Terraform
// accepts, and a plan made by another process is the same byte for byte.
//
// testdata/plans/TYPE.json holds the cases of a type: {"what", "config", "unknown": [members of the configuration that are
// known after apply], "before": configuration of the object that exists (absent: a create)}. A type without a file fails.

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "provider/framework/schema_check.h"
#include "provider/pigsty_provider.h"
#include "provider/plugin/host_harness.h"
#include "provider/release.h"
#include "provider/value/json.h"

namespace pigsty::provider {
namespace {

using plugin::Host;
using plugin::Instance;
using plugin::Plan;
using testing::IsEmpty;
using value::Type;
using value::Value;

const char* const kBinary = PIGSTY_PROVIDER;
constexpr const char* kProviderConfig = "{}";

nlohmann::json cases_of(const std::string& type_name) {
    std::ifstream file(std::string(PIGSTY_TESTDATA) + "/plans/" + type_name + ".json");
    std::stringstream text;
    text << file.rdbuf();
    return nlohmann::json::parse(text.str(), nullptr, false);
}

// Some value of the type, in the place of one that an apply would have decided.
Value some(const Type& type) {
    switch (type.kind()) {
        case value::Kind::kString: return Value::string("decided");
        case value::Kind::kNumber: return Value::number(1);
        case value::Kind::kBool: return Value::boolean(false);
        case value::Kind::kList:
        case value::Kind::kTuple: return Value::list({});
        case value::Kind::kSet: return Value::set({});
        case value::Kind::kMap: return Value::map({});
        case value::Kind::kObject: {
            value::Members members;
            for (const auto& [name, member] : type.members()) members.emplace(name, some(member));
            return Value::object(std::move(members));
        }
        case value::Kind::kDynamic: break;
    }
    return Value::null();
}

Value settled(const Value& value, const Type& type) {
    if (value.is_unknown()) return some(type);
    if (value.is_null()) return value;
    if (type.kind() == value::Kind::kObject || type.kind() == value::Kind::kMap) {
        value::Members members;
        for (const auto& [name, member] : value.members()) {
            members.emplace(name,
                            settled(member, type.kind() == value::Kind::kMap ? type.element() : *type.member(name)));
        }
        return Value::map(std::move(members));
    }
    if (type.kind() == value::Kind::kList) {
        value::Elements elements;
        for (const Value& element : value.elements()) elements.push_back(settled(element, type.element()));
        return Value::list(std::move(elements));
    }
    return value;
}

// The object that a create of this configuration would have left.
Instance existing(Host& host, const std::string& type_name, const nlohmann::json& config) {
    const Plan plan = host.plan(type_name, config.dump());
    if (plan.diagnostics.has_error())
        throw plugin::HostError(plan.diagnostics[0].summary + ": " + plan.diagnostics[0].detail);
    return {.state = settled(plan.planned_state, host.resource_schema(type_name).type()),
            .private_state = plan.planned_private,
            .identity = plan.planned_identity,
            .diagnostics = {}};
}

TEST(Provider, declares_only_what_terraform_loads) {
    EXPECT_THAT(framework::provider_problems(PigstyProvider()), IsEmpty());
}

TEST(EveryResource, plans_what_terraform_accepts_and_the_same_in_every_process) {
    Host host(kBinary);
    EXPECT_FALSE(host.configure(kProviderConfig).has_error());
    for (const std::string& type_name : host.resource_types()) {
        SCOPED_TRACE(type_name);
        const nlohmann::json cases = cases_of(type_name);
        ASSERT_TRUE(cases.is_array()) << "testdata/plans/" << type_name << ".json is missing or no JSON array";
        Host another(kBinary);
        EXPECT_FALSE(another.configure(kProviderConfig).has_error());
        for (const nlohmann::json& one : cases) {
            SCOPED_TRACE(one["what"].get<std::string>());
            Value config = host.configuration(type_name, one["config"].dump());
            for (const nlohmann::json& member : one.value("unknown", nlohmann::json::array())) {
                config = config.with(member.get<std::string>(), Value::unknown());
            }
            const Instance prior = one.contains("before") ? existing(host, type_name, one["before"]) : Instance{};
            EXPECT_FALSE(host.validate(type_name, config).has_error());
            const Plan plan = host.plan(type_name, config, prior);
            for (const auto& diagnostic : plan.diagnostics) {
                EXPECT_NE(diagnostic.severity, framework::Severity::kError)
                    << diagnostic.summary << ": " << diagnostic.detail;
            }
            EXPECT_FALSE(plan.is_no_op()) << "a case that changes nothing proves nothing";
            EXPECT_EQ(difference_of(plan, another.plan(type_name, config, prior)), "");
        }
        EXPECT_EQ(another.process().shut_down(), 0);
    }
    EXPECT_EQ(host.process().shut_down(), 0);
}

// Terraform asks this for every object of every state, also when nothing changed between versions.
TEST(EveryResource, reads_back_the_state_that_it_wrote) {
    Host host(kBinary);
    EXPECT_FALSE(host.configure(kProviderConfig).has_error());
    for (const std::string& type_name : host.resource_types()) {
        SCOPED_TRACE(type_name);
        const nlohmann::json cases = cases_of(type_name);
        ASSERT_TRUE(cases.is_array());
        const framework::Schema& schema = host.resource_schema(type_name);
        const Instance made = existing(host, type_name, cases[0]["config"]);
        const auto text = value::to_json(made.state, schema.type());
        ASSERT_TRUE(text) << text.error().to_string();
        EXPECT_EQ(host.upgrade(type_name, schema.version, *text).state, made.state);
    }
}

// Import blocks name things by identity.
TEST(EveryResource, has_an_identity_that_stays) {
    Host host(kBinary);
    EXPECT_FALSE(host.configure(kProviderConfig).has_error());
    for (const std::string& type_name : host.resource_types()) {
        SCOPED_TRACE(type_name);
        ASSERT_NE(host.identity_type(type_name), nullptr);
        for (const nlohmann::json& one : cases_of(type_name)) {
            SCOPED_TRACE(one["what"].get<std::string>());
            Value config = host.configuration(type_name, one["config"].dump());
            for (const nlohmann::json& member : one.value("unknown", nlohmann::json::array()))
                config = config.with(member.get<std::string>(), Value::unknown());
            if (!one.contains("before")) {
                const Plan created = host.plan(type_name, config);
                EXPECT_TRUE(!created.planned_identity || created.planned_identity->is_wholly_known())
                    << "OpenTofu cannot store an identity with an unknown in it";
                continue;
            }
            // Of a state that an earlier version wrote without one, and from then on.
            Instance prior = existing(host, type_name, one["before"]);
            prior.identity.reset();
            prior.identity = host.plan(type_name, config, prior).planned_identity;
            if (!prior.identity) continue;  // replaced by one that is not known yet
            for (const auto& [name, part] : prior.identity->members())
                EXPECT_EQ(part.is_null(), name == "address" && type_name != "pigsty_node")
                    << name << ": an address to ask is for import only";
            EXPECT_EQ(host.plan(type_name, config, prior).planned_identity, prior.identity);
        }
    }
}

TEST(EveryResource, is_looked_for_by_identity_where_the_import_says) {
    Host host(kBinary);
    // A login that is enough to try: nothing listens there.
    EXPECT_FALSE(host.configure(R"({"ssh": {"port": 1, "user": "root", "password": "none"}})").has_error());
    for (const std::string& type_name : host.resource_types()) {
        SCOPED_TRACE(type_name);
        nlohmann::json identity{{"address", "127.0.0.1"}};
        for (const auto& [name, type] : host.identity_type(type_name)->members())
            if (name != "address" && name != "id") identity[name] = "pg-test";
        const Instance imported = host.import_identity(type_name, identity.dump());
        ASSERT_EQ(imported.diagnostics.size(), 1U);
        EXPECT_THAT(imported.diagnostics[0].summary + imported.diagnostics[0].detail, testing::HasSubstr("127.0.0.1"));
    }
}

// Steps that a table has only in some mode, or with an authority, are among them.
TEST(EveryResource, says_where_any_step_of_its_can_be_made_to_fail) {
    const auto redis = fault_points("pigsty_redis_cluster");
    ASSERT_TRUE(redis);
    for (const char* step : {"certificates", "replication", "cluster", "restart"})
        EXPECT_THAT(*redis, testing::Contains(std::string(step) + ":after"));
    EXPECT_EQ(std::ranges::count(*redis, "packages:after"), 1);
    EXPECT_THAT(fault_points("pigsty_minio_cluster").value(), testing::Contains("certificates:written"));
    EXPECT_THAT(fault_points("pigsty_haproxy_service").value(), testing::Contains("authority:written"));
}

}  // namespace
}  // namespace pigsty::provider
