#include "core/module/pgsql/table.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <utility>

#include "core/base/quote.h"
#include "core/item/service.h"
#include "core/module/etcd/administration.h"
#include "core/module/pgsql/dcs.h"
#include "core/module/pgsql/dcs_login.h"
#include "core/module/pgsql/default_objects.h"
#include "core/module/pgsql/fragments.h"
#include "core/module/pgsql/items.h"
#include "core/module/pgsql/layout.h"
#include "core/module/pgsql/members.h"
#include "core/module/pgsql/restart.h"
#include "core/module/pgsql/serving.h"
#include "core/node/secrets.h"

namespace pigsty::module::pgsql {
namespace {

using converge::Site;
using converge::Spread;
using converge::Step;
using converge::StepContext;
using converge::When;

constexpr const char* kReset = "ALTER SYSTEM RESET";

// Patroni makes a standby's slot in the leader's next round, up to loop_wait from now, and a standby that comes up before
// that tries again only five seconds later (wal_retrieve_retry_interval). A change that changes nothing wakes the leader.
// Where that fails, it just takes longer.
void wake_leader(const Members& members, const Cancel& cancel) {
    const auto leader = members.leader(cancel);
    if (!leader) return;
    const auto patroni = members.patroni_with_login(*leader, cancel);
    if (patroni) (void)patroni->patch_config({{"pigsty", nullptr}}, cancel);
}

// How far a member came. A server that dies after each start comes to the same states again and again, and writes the same
// files: neither is progress.
class Progress {
  public:
    std::string with(const std::string& state, const std::string& bytes) {
        if (states_.insert(state).second) state_ = state;
        std::int64_t now = 0;
        std::from_chars(bytes.data(), bytes.data() + bytes.size(), now);
        bytes_ = std::max(bytes_, now);
        return state_ + " " + std::to_string(bytes_);
    }

  private:
    std::set<std::string> states_;
    std::string state_;
    std::int64_t bytes_ = 0;
};

// Where nobody led when the plan was made: until one does, which takes writes.
Status wait_for_leader(const PgCluster& cluster, const Members& members, Site& site, StepContext& context) {
    auto waited = context.wait_for(
        {.fact = cluster.name + " has a leader", .node = site.node, .unit = kPatroniService, .logs = patroni_logs()},
        [&]() -> Result<converge::Look> {
            TRY(const Reached leader, members.leader(context.cancel()));
            TRY(const auto status, members.patroni(leader).status(context.cancel()));
            return converge::Look{.reached = status.state == "running" && status.leads(),
                                  .moved = leader.name + " " + status.state};
        });
    if (waited) return {};
    return fail(with_dcs_cause(std::move(waited).error(), cluster, *site.node, context.cancel()));
}

// A table in the making: everything its steps capture, by value, so that it outlives the caller's specification.
class Builder {
  public:
    Builder(const PgCluster& cluster, const Ways* ways, const ClusterChanges& changes)
        : cluster_(std::make_shared<const PgCluster>(cluster)),
          ways_(ways == nullptr ? nullptr : std::make_shared<const Ways>(*ways)),
          changes_(changes),
          signer_(ways == nullptr ? nullptr : std::make_shared<ca::Signer>(cluster.ca, ways->connect)) {}

    converge::Table build() {
        const auto cluster = cluster_;
        reset_steps();
        items("reservations", [cluster](const Site&) { return reservation_items(*cluster); });
        items("no cluster main", [](const Site&) { return before_package_items(); });
        items("packages",
              [cluster](const Site& site) { return package_items(*cluster, platform::platform_at(site.node)); });
        items("directories", [cluster](const Site&) { return directory_items(*cluster); });
        act("secrets", Spread::once, When::create,
            [cluster](Site&, StepContext& context) { return make_secrets(*cluster, context); });
        items("certificates", [cluster, signer = signer_](const Site& site) {
            return certificate_items(*cluster, site.member, signer);
        });
        items("patroni", [cluster](const Site& site) {
            return patroni_items(*cluster, site.member, platform::platform_at(site.node));
        });
        items("pgbouncer", [cluster](const Site& site) {
            return pgbouncer_items(*cluster, site.member, platform::platform_at(site.node));
        });
        items("haproxy", [cluster](const Site&) { return haproxy_items(*cluster); });
        dcs_steps();
        start_steps();
        object_steps();
        access_steps();
        return std::move(table_);
    }

  private:
    Step& items(const char* name, std::function<Items(const Site&)> of_site) {
        Step step;
        step.name = name;
        step.items = std::move(of_site);
        table_.push_back(std::move(step));
        return table_.back();
    }

    Step& act(const char* name, Spread spread, When when, std::function<Status(Site&, StepContext&)> body) {
        Step step;
        step.name = name;
        step.spread = spread;
        step.act = std::move(body);
        step.act_when = when;
        table_.push_back(std::move(step));
        return table_.back();
    }

    static Status make_secrets(const PgCluster& cluster, StepContext& context) {
        std::vector<node::NodePtr> nodes;
        for (const auto& site : context.sites()) nodes.push_back(site->node);
        TRY_VOID(node::ensure_secrets(nodes, secret_scope(cluster), {kEtcdSecret, kReplicationSecret, kRestSecret},
                                      context.cancel()));
        return {};
    }

    // First of all: it stops where somebody set another value since the plan, and then nothing is written. Restarts, where
    // they are wanted, come with the dynamic configuration.
    void reset_steps() {
        if (changes_.resets.empty()) return;
        act(kReset, Spread::parallel, When::always,
            [cluster = cluster_, resets = changes_.resets](Site& site, StepContext& context) {
                return reset_auto_conf(*cluster, resets, site, context);
            });
    }

    // The user in etcd, and the dynamic configuration before the first start: the first server starts with it.
    void dcs_steps() {
        const auto cluster = cluster_;
        const auto ways = ways_;
        act("etcd user", Spread::once, changes_.dcs_login ? When::always : When::create,
            [cluster, ways](Site& site, StepContext& context) -> Status {
                TRY(const auto secrets,
                    node::read_secrets(*site.node, secret_scope(*cluster), {kEtcdSecret}, context.cancel()));
                TRY_VOID(context.begin_changes());
                TRY(const client::Etcd etcd, etcd::administrator(cluster->dcs, ways->connect, context.cancel()));
                TRY_VOID(etcd.ensure_user(cluster->name, secrets.at(kEtcdSecret).value, dcs_prefix(*cluster),
                                          context.cancel()));
                TRY(const render::Yaml wanted, wanted_configuration(*cluster));
                TRY_VOID(etcd.put_new(dcs_prefix(*cluster) + "config", wanted.dump(), context.cancel()));
                return {};
            });
    }

    Members members(StepContext& context, const std::string& ca_pem) const {
        return {*cluster_, reached(context.sites()), ca_pem};
    }

    // The first leader comes up where the specification says `primary`; in a living cluster roles only say who may start.
    void start_steps() {
        const auto cluster = cluster_;
        const auto signer = signer_;
        const auto is_primary = [cluster](const Site& site) {
            return cluster->instances.at(site.member.number).role == "primary";
        };
        const auto patroni_service = [](const Site&) {
            return Items{std::make_shared<item::ServiceItem>(
                item::ServiceSpec{.unit = kPatroniService, .enabled = true, .running = true})};
        };
        Step& leader = items("leader", patroni_service);
        leader.where = is_primary;
        leader.act_when = When::create;
        leader.act = [cluster, signer](Site& site, StepContext& context) -> Status {
            TRY(const std::string ca_pem, signer->certificate_pem(context.cancel()));
            const Members members(*cluster, reached(context.sites()), ca_pem);
            TRY_VOID(context.wait_for(
                {.fact = cluster->name + " has a leader",
                 .node = site.node,
                 .unit = kPatroniService,
                 .logs = patroni_logs()},
                [&]() -> Result<converge::Look> {
                    TRY(const auto status, members.patroni({site.member.name, site.node}).status(context.cancel()));
                    // Any leader will do, for this may be resumed after a failover. A server that just ended its bootstrap calls
                    // itself primary before it holds the lock: the cluster's word counts.
                    const bool led = status.state == "running" && members.leader(context.cancel()).has_value();
                    if (led && site.claim) site.claim->facts["system_identifier"] = status.system_identifier;
                    return converge::Look{.reached = led, .moved = status.state + status.system_identifier};
                }));
            context.changed_something(site);
            return {};
        };

        // They copy the leader while it gets its objects: streaming_step() waits for them.
        items("replicas", patroni_service).where = [is_primary](const Site& site) { return !is_primary(site); };
    }

    void object_steps() {
        const auto cluster = cluster_;
        const auto ways = ways_;
        if (changes_.awaits_leader) {
            act("leader again", Spread::once, When::always,
                [cluster, signer = signer_](Site& site, StepContext& context) -> Status {
                    TRY(const std::string ca_pem, signer->certificate_pem(context.cancel()));
                    return wait_for_leader(*cluster, Members(*cluster, reached(context.sites()), ca_pem), site,
                                           context);
                });
        }
        if (changes_.default_objects) {
            act("default objects", Spread::once, When::always,
                [cluster, ways](Site& site, StepContext& context) -> Status {
                    const auto session = ways->sessions->of(*cluster, connection_of(*cluster, context.identity().id),
                                                            known_identifier(context.sites()));
                    return session->change(
                        [&](ClusterSession::Work& work) -> Status {
                            TRY_VOID(context.begin_changes());
                            TRY(const bool changed, ensure_default_objects(*cluster, work));
                            if (changed) context.changed_something(site);
                            return {};
                        },
                        context.cancel());
                });
        }
        if (changes_.configuration && !changes_.creating) {
            act("dynamic configuration", Spread::once, When::always,
                [cluster, signer = signer_, before = changes_.before, waits = changes_.waits_for_restart,
                 resets = any_needs_restart(changes_.resets)](Site& site, StepContext& context) -> Status {
                    TRY(const std::string ca_pem, signer->certificate_pem(context.cancel()));
                    const Members members(*cluster, reached(context.sites()), ca_pem);
                    return apply_configuration(
                        *cluster,
                        {.before = before.get(), .may_wait_for_restart = waits || (resets && context.changed(kReset))},
                        members, site, context);
                });
        }
    }

    void streaming_step() {
        Step streaming;
        streaming.name = "streaming";
        // In a living cluster any member may lead.
        streaming.where = [cluster = cluster_, creating = changes_.creating](const Site& site) {
            return !creating || cluster->instances.at(site.member.number).role != "primary";
        };
        streaming.act_when = changes_.members_do_not_serve ? When::always : When::when_changed;
        streaming.watches = {"leader", "replicas"};
        streaming.act = [cluster = cluster_, signer = signer_, ways = ways_](Site& site,
                                                                             StepContext& context) -> Status {
            TRY(const std::string ca_pem, signer->certificate_pem(context.cancel()));
            const auto session = ways->sessions->of(*cluster, connection_of(*cluster, context.identity().id),
                                                    known_identifier(context.sites()));
            const Members members(*cluster, reached(context.sites()), ca_pem);
            const client::Patroni own = members.patroni({site.member.name, site.node});
            // A base backup of terabytes is progress as long as bytes arrive (behaviour 2).
            const std::string size = "du -sb " + std::string(kDataDir) + "/ 2>/dev/null | cut -f1";
            bool is_announced = false;
            Progress progress;
            auto streams = context.wait_for(
                {.fact = site.member.name + " streams",
                 .node = site.node,
                 .unit = kPatroniService,
                 .logs = patroni_logs()},
                [&]() -> Result<converge::Look> {
                    TRY(const auto status, own.status(context.cancel()));
                    // Once: a member that came back with another system's data must not make that the proof.
                    if (status.state == "running" && site.claim && !site.claim->facts.contains("system_identifier"))
                        site.claim->facts["system_identifier"] = status.system_identifier;
                    if (status.state == "running" && status.leads()) {
                        // It calls itself primary before it holds the lock and takes connections for us.
                        TRY_VOID(streaming_members(*session, context.cancel()));
                        return converge::Look{.reached = true};
                    }
                    if (status.state == "running" && status.is_streaming) {
                        // What the next refresh will ask, too: the leader's own word.
                        TRY(const auto streaming, streaming_members(*session, context.cancel()));
                        if (streaming.contains(site.member.name)) return converge::Look{.reached = true};
                    }
                    // Any of these comes after the member has shown itself to the others.
                    if (!is_announced && (status.state == "creating replica" || status.state == "starting" ||
                                          status.state == "running")) {
                        is_announced = true;
                        wake_leader(members, context.cancel());
                    }
                    TRY(const auto results,
                        site.node->request({node::RunScript{.text = size, .may_fail = true, .writes = false}},
                                           context.cancel()));
                    return converge::Look{.reached = false, .moved = progress.with(status.state, results.back().out)};
                });
            if (!streams)
                return fail(std::move(streams).error().with_hint(
                    "where its data cannot follow the leader any more, `patronictl -c /etc/patroni/patroni.yml "
                    "reinit " +
                    cluster->name + " " + site.member.name + "` copies the leader anew; then apply again"));
            context.changed_something(site);
            return {};
        };
        table_.push_back(std::move(streaming));
    }

    void access_steps() {
        const auto cluster = cluster_;
        if (cluster->pgbouncer.enabled) {
            // pgbouncer.ini includes them, so a pgbouncer enabled later does not start without them either.
            act("pgbouncer lists", Spread::parallel, When::when_changed,
                [](Site& site, StepContext& context) -> Status {
                    TRY_VOID(context.request(site, {node::RunScript{.text = assemble_lists_script()}}));
                    return {};
                })
                .watches = {"pgbouncer"};
        }
        streaming_step();
        items("access", [cluster](const Site&) { return access_items(*cluster); });
    }

    std::shared_ptr<const PgCluster> cluster_;
    std::shared_ptr<const Ways> ways_;
    ClusterChanges changes_;
    std::shared_ptr<ca::Signer> signer_;
    converge::Table table_;
};

}  // namespace

std::vector<converge::Member> members_of(const PgCluster& cluster) {
    std::vector<converge::Member> members;
    for (const auto& [number, instance] : cluster.instances)
        members.push_back({.number = number, .name = member_name(cluster, number), .address = instance.node});
    return members;
}

Connection connection_of(const PgCluster& cluster, const std::string& id) {
    Connection connection{.id = id, .name = cluster.name, .members = {}};
    for (const auto& [number, instance] : cluster.instances) connection.members.emplace(number, instance.node);
    return connection;
}

converge::Table table_of(const PgCluster& cluster, const Ways* ways, const ClusterChanges& changes) {
    return Builder(cluster, ways, changes).build();
}

}  // namespace pigsty::module::pgsql
