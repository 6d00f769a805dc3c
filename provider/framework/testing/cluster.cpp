#include "provider/framework/testing/cluster.h"

#include "core/base/text.h"
#include "core/base/unknown.h"
#include "provider/framework/validators.h"
#include "provider/value/json.h"

namespace pigsty::framework::testing {
namespace {

Attributes<Ssh> ssh_attributes() {
    return {
        attribute("host", &Ssh::host).optional().description("Where SSH goes, if not to the address."),
        attribute("port", &Ssh::port).fixed_default(22).validate(port()).description("SSH's port."),
    };
}

Attributes<Member> member_attributes() {
    return {
        attribute("address", &Member::address)
            .required()
            .validate(ip_address())
            .description("The member's address.")
            .example("\"10.10.10.11\""),
        nested("ssh", &Member::ssh, ssh_attributes()).optional().description("The way there."),
        choice("role", &Member::role, {{"primary", Role::primary}, {"replica", Role::replica}})
            .fixed_default("replica")
            .description("What the member is."),
        attribute("weight", &Member::weight).optional().validate(between(0, 256)).description("Share of the load."),
    };
}

Attributes<Rule> rule_attributes() {
    return {
        attribute("title", &Rule::title).required().validate(no_control_characters()).description("What it is for."),
        attribute("order", &Rule::order).fixed_default(100).description("Where it stands."),
    };
}

Attributes<Sizing> sizing_attributes() {
    return {
        attribute("cpu", &Sizing::cpu).required().description("CPUs."),
        attribute("memory_mb", &Sizing::memory_mb).required().description("Memory."),
    };
}

Attributes<Connection> connection_attributes() {
    return {
        attribute("id", &Connection::id).computed().description("The cluster's id."),
        attribute("name", &Connection::name).computed().description("The cluster's name."),
        attribute("members", &Connection::members).computed().description("Number → address."),
    };
}

Attributes<ClusterState> cluster_attributes() {
    return {
        attribute("name", &ClusterState::name)
            .required()
            .forces_replacement()
            .validate(matches("[a-z][a-z0-9-]*", "lower-case letters, digits and hyphens"))
            .description("The cluster's name.")
            .example("\"pg-test\""),
        nested("members", &ClusterState::members, member_attributes())
            .required()
            .validate(keys(member_key()))
            .description("The members by number."),
        nested("rules", &ClusterState::rules, rule_attributes()).optional().description("Rules; `[]` for none."),
        attribute("port", &ClusterState::port).fixed_default(5432).validate(port()).description("The port."),
        attribute("encoding", &ClusterState::encoding)
            .fixed_default("UTF8")
            .fixed_after_creation("Create another cluster with it and move the data there.")
            .description("The encoding."),
        attribute("version", &ClusterState::version).kept().description("The version."),
        object("sizing", &ClusterState::sizing, sizing_attributes()).kept().description("Size of the smallest member."),
        attribute("packages", &ClusterState::packages).optional().description("Packages."),
        attribute("hosts", &ClusterState::hosts).optional().description("Address → names."),
        attribute("comment", &ClusterState::comment)
            .optional()
            .same_meaning([](const Value& prior, const Value& next) {
                return next.is_known() && lower(prior.as_string()) == lower(next.as_string());
            })
            .description("A comment; its case means nothing."),
        attribute("password_wo", &ClusterState::password_wo).optional().write_only().description("The password."),
        attribute("password_wo_version", &ClusterState::password_wo_version).optional().description("Its version."),
        attribute("token", &ClusterState::token)
            .optional()
            .validate(length_between(8, 64))
            .description("A token that the state keeps."),
        nested("route", &ClusterState::route, ssh_attributes())
            .optional()
            .description("An object of defaults when left out."),
        object("connection", &ClusterState::connection, connection_attributes())
            .computed()
            .description("For dependents."),
        attribute("endpoint", &ClusterState::endpoint).computed().description("Where it listens."),
        within(&ClusterState::common, common_attributes()),
    };
}

World& world(Call& call) { return *call.provider<World>(); }

std::string member_text(const ClusterState& state, const std::string& key, const Member& member) {
    std::string text = state.name + "-" + key + " " + member.address + ":" + std::to_string(state.port) + "\n";
    for (const Rule& rule : state.rules.value_or(std::vector<Rule>{})) text += rule.title + "\n";
    return text;
}

std::map<std::string, std::optional<std::string>> managed_entries(const ClusterState& state) {
    std::map<std::string, std::optional<std::string>> entries;
    for (const auto& [key, member] : state.members) {
        entries[state.name + "-" + key + " /etc/cluster.conf"] = known_fingerprint(member_text(state, key, member));
    }
    return entries;
}

Connection connection_of(const ClusterState& state) {
    Connection connection{state.common.id, state.name, {}};
    for (const auto& [key, member] : state.members) connection.members[key] = member.address;
    return connection;
}

// What creation and change have in common: everything computed, from what was planned.
void settle(ClusterState& state) {
    if (state.version.empty() || has_unknown(state.version)) state.version = "17";
    if (!state.sizing) state.sizing = Sizing{2, 2048};
    for (const auto& [key, entry] : managed_entries(state)) state.common.managed[key] = entry.value_or("");
    state.common.last_change = {"reload cluster"};
    state.common.drift.clear();
    state.connection = connection_of(state);
    state.endpoint = state.members.begin()->second.address + ":" + std::to_string(state.port);
}

struct Facts {
    std::string name;
    std::string facts;
};

class FactsData final : public TypedDataSource<Facts> {
    Declaration<Facts> declare() const override {
        return {.description = "Facts of a cluster.",
                .attributes = {attribute("name", &Facts::name).required().description("Whose."),
                               attribute("facts", &Facts::facts).computed().description("What.")}};
    }
    Result<Facts> read(const Facts& config, Call& call) const override {
        if (!world(call).clusters.contains(config.name)) {
            return fail(ErrorCode::failed, "expected a cluster named " + config.name + ", found none");
        }
        return Facts{config.name, "exists"};
    }
};

class Join final : public TypedFunction<std::string(std::string, std::int64_t, Variadic<std::string>)> {
    FunctionDeclaration declare() const override {
        return {.summary = "Joins text.",
                .description = "Joins the parts, each repeated.",
                .parameters = {{"separator", "Between."}, {"times", "How often."}, {"parts", "What."}}};
    }
    FunctionResult<std::string> call(std::string separator, std::int64_t times,
                                     Variadic<std::string> parts) const override {
        if (times < 1) return argument_error(1, "expected at least 1, found " + std::to_string(times));
        std::string text;
        for (const std::string& part : parts.values) {
            for (std::int64_t i = 0; i < times; ++i) text += (text.empty() ? "" : separator) + part;
        }
        return text;
    }
};

struct Lease {
    std::string name;
    std::string secret;
};

class LeaseEphemeral final : public TypedEphemeral<Lease> {
    Declaration<Lease> declare() const override {
        return {.description = "A lease.",
                .attributes = {attribute("name", &Lease::name).required().description("Whose."),
                               attribute("secret", &Lease::secret).computed().sensitive().description("What.")}};
    }
    Result<Opened<Lease>> open(const Lease& config, Call& call) const override {
        call.private_data.set("name", config.name);
        world(call).last_password = "lent to " + config.name;
        return Opened<Lease>{{config.name, "s3cret"}};
    }
    Status close(Call& call) const override {
        world(call).last_password = "closed by " + call.private_data.get("name").value_or("nobody");
        return {};
    }
};

struct Nothing {};

class ClusterList final : public TypedList<Nothing> {
    Declaration<Nothing> declare() const override { return {.description = "All clusters.", .attributes = {}}; }
    Status list(const Nothing&, Call& call, const Found& found) const override {
        for (const auto& [name, cluster] : world(call).clusters) {
            if (!found({.display_name = name, .identity = {{"name", name}, {"id", cluster.common.id}}})) break;
        }
        return {};
    }
};

struct Switch {
    std::string name;
};

class SwitchAction final : public TypedAction<Switch> {
    Declaration<Switch> declare() const override {
        return {.description = "Switches.",
                .attributes = {attribute("name", &Switch::name).required().description("What.")}};
    }
    Status preflight(const Switch& config, Call&) const override {
        if (config.name == "never") return fail(ErrorCode::invalid, "expected another name than \"never\"");
        return {};
    }
    Status invoke(const Switch& config, Call&, const ActionProgress& progress) const override {
        progress("switching " + config.name);
        return {};
    }
};

}  // namespace

Declaration<ClusterState> ClusterResource::declare() const {
    return {.version = 1,
            .description = "A cluster in memory. It exists for tests.",
            .subcategory = "Tests",
            .attributes = cluster_attributes(),
            .rules = {required_together({"password_wo", "password_wo_version"})}};
}

Result<ClusterState> ClusterResource::create(const ClusterState& planned, Call& call) const {
    World& world = testing::world(call);
    world.time_left = call.cancel.remaining(std::chrono::hours(100));
    if (planned.password_wo) world.last_password = std::string(planned.password_wo->reveal());
    if (world.fail_create) return fail(*world.fail_create);
    ClusterState state = planned;
    state.common.id = "id-" + std::to_string(world.next_id++);
    settle(state);
    if (world.forget_endpoint) state.endpoint = planned.endpoint;
    if (world.wrong_port) state.port = 1;
    call.private_data.set("facts", R"({"cpu":2})");
    world.clusters[state.name] = state;
    return state;
}

Result<std::optional<ClusterState>> ClusterResource::read(const ClusterState& given, Call& call) const {
    World& world = testing::world(call);
    const auto found = world.clusters.find(given.name);
    if (found == world.clusters.end()) return std::optional<ClusterState>();
    ClusterState state = found->second;
    state.password_wo_version = given.password_wo_version;
    state.common.drift = noted_drift(world.drift, given.common.drift_ignore);
    state.common.drift_ignore = given.common.drift_ignore;
    call.private_data.set("facts", R"({"cpu":2})");
    return std::optional(state);
}

Updated<ClusterState> ClusterResource::update(const ClusterState& prior, const ClusterState& planned,
                                              Call& call) const {
    World& world = testing::world(call);
    if (planned.password_wo) world.last_password = std::string(planned.password_wo->reveal());
    if (world.fail_update && !world.fail_update_with_state) return fail(*world.fail_update);
    ClusterState state = planned;
    settle(state);
    if (world.forget_endpoint) state.endpoint = planned.endpoint;
    if (world.wrong_port) state.port = 1;
    world.drift.clear();
    world.clusters[state.name] = state;
    if (world.fail_update) {
        ClusterState half = prior;
        half.common.drift = {"pg-test-2 /etc/cluster.conf: not applied, unreachable"};
        return Updated<ClusterState>::failed(half, *world.fail_update);
    }
    return state;
}

Status ClusterResource::destroy(const ClusterState& state, Call& call) const {
    if (world(call).clusters.erase(state.name) == 0) return fail(ErrorCode::failed, "expected a cluster, found none");
    return {};
}

void ClusterResource::validate(const ClusterState& config, Validation& validation) const {
    std::vector<std::string> primaries;
    for (const auto& [key, member] : config.members) {
        if (member.role == Role::primary) primaries.push_back(key);
    }
    if (primaries.size() > 1) {
        validation.error(
            Path::of("members").key(primaries[1]).attribute("role"), "Two primaries",
            "Expected one member with role = \"primary\", found " + primaries[0] + " and " + primaries[1] + ".");
    }
    if (primaries.empty() && !validation.unknown.at("members")) {
        validation.error(Path::of("members"), "No primary", "Expected one member with role = \"primary\", found none.");
    }
}

void ClusterResource::modify_plan(Plan<ClusterState>& plan) const {
    if (plan.unknown.at("members") && plan.planned.members.empty()) return;
    plan.planned.connection = connection_of(plan.planned);
    plan.decide("connection");
}

Forecast ClusterResource::forecast(const Plan<ClusterState>& plan) const {
    Forecast forecast;
    forecast.managed = managed_entries(plan.planned);
    forecast.last_change = {"reload cluster"};
    forecast.advice = {{Severity::kWarning, "Advice for " + plan.planned.name, "This reloads.", std::nullopt}};
    return forecast;
}

Result<ClusterState> ClusterResource::import_state(const ImportKey& key, Call& call) const {
    ClusterState state;
    state.name = key.by_identity() ? key.get("name") : key.id.substr(0, key.id.find('@'));
    call.private_data.set("address", key.by_identity() ? key.get("address") : key.id.substr(key.id.find('@') + 1));
    return state;
}

std::vector<IdentityAttribute> ClusterResource::identity() const {
    return {
        {.name = "name", .description = "The cluster's name.", .from = Path::of("name"), .required_for_import = true},
        {.name = "id", .description = "The cluster's id.", .from = Path::of("id")},
        {.name = "address", .description = "A member to ask."}};
}

std::map<std::int64_t, StateUpgrader> ClusterResource::upgraders() const {
    return {{0, [this](const std::string& raw) -> Result<Value> {
                 auto state =
                     value::from_json(raw, object_type(declaration().attributes), {.ignore_unknown_members = true});
                 if (!state) return fail(ErrorCode::invalid, state.error().to_string());
                 return state->with("comment", Value::string("upgraded"));
             }}};
}

void ClusterResource::tidy(Value& config, const Value&) const { config = config.with("comment", Value::null()); }

Declaration<TestConfig> TestProvider::declare() const {
    return {.description = "A provider for tests.",
            .attributes = {attribute("address", &TestConfig::address).optional().description("An address."),
                           attribute("parallel", &TestConfig::parallel)
                               .fixed_default(4)
                               .validate(at_least(1))
                               .description("How many at a time.")}};
}

Result<std::shared_ptr<void>> TestProvider::configure(const TestConfig& config, const Unknowns& unknown, Call&) const {
    if (config.address == "refuse") return fail(ErrorCode::invalid, "expected another address");
    if (unknown.at("address")) world_->last_password = "address unknown";
    return std::shared_ptr<void>(world_);
}

std::vector<Entry<Resource>> TestProvider::resources() const {
    return {entry<Resource, ClusterResource>("test_cluster")};
}
std::vector<Entry<DataSource>> TestProvider::data_sources() const {
    return {entry<DataSource, FactsData>("test_facts")};
}
std::vector<Entry<Function>> TestProvider::functions() const { return {entry<Function, Join>("join")}; }
std::vector<Entry<Ephemeral>> TestProvider::ephemerals() const {
    return {entry<Ephemeral, LeaseEphemeral>("test_lease")};
}
std::vector<Entry<ListResource>> TestProvider::lists() const {
    return {entry<ListResource, ClusterList>("test_cluster")};
}
std::vector<Entry<Action>> TestProvider::actions() const { return {entry<Action, SwitchAction>("test_switch")}; }

}  // namespace pigsty::framework::testing
