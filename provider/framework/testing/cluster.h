// A resource with every kind of attribute and every ability, for tests of the framework: a cluster that lives in memory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "provider/framework/common_attributes.h"
#include "provider/framework/provider.h"
#include "provider/framework/typed_resource.h"

namespace pigsty::framework::testing {

enum class Role { primary, replica };

struct Ssh {
    std::optional<std::string> host;
    std::int64_t port = 22;
};
struct Member {
    std::string address;
    std::optional<Ssh> ssh;
    Role role = Role::replica;
    std::optional<std::int64_t> weight;
};
struct Rule {
    std::string title;
    std::int64_t order = 100;
};
struct Sizing {
    std::int64_t cpu = 0;
    std::int64_t memory_mb = 0;
};
struct Connection {
    std::string id;
    std::string name;
    std::map<std::string, std::string> members;
};

struct ClusterState {
    std::string name;
    std::map<std::string, Member> members;
    std::optional<std::vector<Rule>> rules;
    std::int64_t port = 5432;
    std::string encoding;
    std::string version;
    std::optional<Sizing> sizing;
    std::set<std::string> packages;
    std::map<std::string, std::vector<std::string>> hosts;
    std::optional<std::string> comment;
    std::optional<Secret> password_wo;
    std::optional<std::int64_t> password_wo_version;
    Secret token;
    Ssh route;  // not optional: left out it is an object of defaults
    std::optional<Connection> connection;
    std::string endpoint;
    CommonState common;
};

// What the test's clusters live in, and what is to go wrong with them.
struct World {
    std::map<std::string, ClusterState> clusters;
    int next_id = 1;
    std::optional<Error> fail_create;
    std::optional<Error> fail_update;
    bool fail_update_with_state = false;
    bool forget_endpoint = false;  // bug: an unknown stays
    bool wrong_port = false;       // bug: the result differs from the plan
    std::vector<std::string> drift;
    std::string last_password;  // what create and update were handed
    std::chrono::milliseconds time_left{0};
};

class ClusterResource final : public TypedResource<ClusterState>,
                              public Validates<ClusterState>,
                              public ModifiesPlan<ClusterState>,
                              public Forecasts<ClusterState>,
                              public Imports<ClusterState>,
                              public HasIdentity,
                              public UpgradesState,
                              public GeneratesConfig {
  public:
    Declaration<ClusterState> declare() const override;
    Result<ClusterState> create(const ClusterState& planned, Call& call) const override;
    Result<std::optional<ClusterState>> read(const ClusterState& state, Call& call) const override;
    Updated<ClusterState> update(const ClusterState& prior, const ClusterState& planned, Call& call) const override;
    Status destroy(const ClusterState& state, Call& call) const override;

    void validate(const ClusterState& config, Validation& validation) const override;
    void modify_plan(Plan<ClusterState>& plan) const override;
    Forecast forecast(const Plan<ClusterState>& plan) const override;
    Result<ClusterState> import_state(const ImportKey& key, Call& call) const override;
    std::vector<IdentityAttribute> identity() const override;
    std::map<std::int64_t, StateUpgrader> upgraders() const override;
    void tidy(Value& config, const Value& state) const override;
};

// The provider: its configuration is one address, its data the World it was made with.
struct TestConfig {
    std::optional<std::string> address;
    std::int64_t parallel = 4;
};

class TestProvider final : public TypedProvider<TestConfig> {
  public:
    explicit TestProvider(std::shared_ptr<World> world) : world_(std::move(world)) {}

    Declaration<TestConfig> declare() const override;
    Result<std::shared_ptr<void>> configure(const TestConfig& config, const Unknowns& unknown,
                                            Call& call) const override;
    std::vector<Entry<Resource>> resources() const override;
    std::vector<Entry<DataSource>> data_sources() const override;
    std::vector<Entry<Function>> functions() const override;
    std::vector<Entry<Ephemeral>> ephemerals() const override;
    std::vector<Entry<ListResource>> lists() const override;
    std::vector<Entry<Action>> actions() const override;

  private:
    std::shared_ptr<World> world_;
};

}  // namespace pigsty::framework::testing
