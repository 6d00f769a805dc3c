#include "core/module/redis/table.h"

#include <algorithm>
#include <map>
#include <memory>

#include "core/base/quote.h"
#include "core/base/text.h"
#include "core/converge/members.h"
#include "core/converge/removal.h"
#include "core/converge/table.h"
#include "core/item/own_folder.h"
#include "core/item/own_unit.h"
#include "core/item/owner.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/module/ca/leaf.h"
#include "core/module/platform/packages.h"
#include "core/module/redis/ask.h"
#include "core/module/redis/cluster.h"
#include "core/module/redis/files.h"
#include "core/module/redis/live.h"
#include "core/module/redis/monitors.h"
#include "core/module/redis/replication.h"
#include "core/module/redis/restart.h"
#include "core/module/redis/secrets.h"
#include "core/node/secrets.h"

namespace pigsty::module::redis {
namespace {

using converge::Site;
using converge::StepContext;
using converge::When;
using item::Handler;
using item::Items;

// The units of the packages. Where one runs before us it is somebody's, and we would end it.
std::vector<std::string> package_units(const RedisCluster& cluster) {
    if (engine_of(cluster) == "valkey") return {"valkey-server.service"};
    return {"redis-server.service"};
}

class FreeMachine final : public item::ReservationItem, public item::Precondition {
  public:
    explicit FreeMachine(const RedisCluster& cluster)
        : ReservationItem("packages' units of " + cluster.name, {secrets_probe(cluster)}),
          engine_(engine_of(cluster)),
          units_(package_units(cluster)) {}

    [[nodiscard]] node::Probes looks() const override {
        node::Probes probes{{node::ProbeKind::path, "/etc/redis"}};
        for (const std::string& unit : units_) probes.insert({node::ProbeKind::unit, unit});
        return probes;
    }
    [[nodiscard]] Status check(const node::Observation& seen) const override {
        for (const std::string& unit : units_)
            if (node::is_running(seen.unit(unit)))
                return fail(Error{ErrorCode::conflict, "expected " + unit + " not to run, found it active"}.with_hint(
                    "others use it: end it there first (systemctl disable --now " + unit +
                    "), or give it a unit of another name"));
        const node::PathState folder = seen.path("/etc/redis");
        if (folder.type == node::PathType::directory && folder.owner != engine_ && folder.owner != "root")
            return fail(Error{ErrorCode::conflict,
                              "expected /etc/redis to belong to " + engine_ + ", found it " + folder.owner + "'s"}
                            .with_hint("the other engine is on this node: set engine to \"" + folder.owner +
                                       "\", or use another machine"));
        return {};
    }

  private:
    std::string engine_;
    std::vector<std::string> units_;
};

Items reservations(const RedisCluster& cluster, const Site& site) {
    Items items{std::make_shared<FreeMachine>(cluster)};
    for (const InstancePlace& place : places_of(cluster, site.member.number)) {
        items.push_back(std::make_shared<item::OwnUnitItem>(place.unit()));
        const std::int64_t port = std::stoll(place.port);
        items.push_back(item::port_reservation(port));
        if (cluster.mode == "cluster") items.push_back(item::port_reservation(port + 10000));
        items.push_back(std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{.path = place.data}));
    }
    return items;
}

Items packages(const RedisCluster& cluster, const Site& site) {
    const bool is_valkey = engine_of(cluster) == "valkey";
    Items items = platform::package_items({is_valkey ? platform::Component::valkey : platform::Component::redis},
                                          platform::platform_at(site.node));
    // dpkg enables them, whoever says that they do not start now.
    for (const std::string& unit : package_units(cluster))
        items.push_back(std::make_shared<item::ServiceItem>(
            item::ServiceSpec{.unit = unit, .enabled = false, .running = false, .shared = true}));
    return items;
}

Items directories(const RedisCluster& cluster, const Site& site) {
    const std::string engine = engine_of(cluster);
    // The server replaces its own file there at every failover.
    Items items{std::make_shared<item::DirectoryItem>(
                    item::DirectorySpec{.path = "/etc/redis", .owner = engine, .group = engine, .mode = 02770}),
                std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = cluster.data_dir})};
    for (const InstancePlace& place : places_of(cluster, site.member.number))
        items.push_back(item::Owner(engine).folder(place.data, 0700));
    return items;
}

// Both passwords until every member has the new one.
Handler both_passwords(const RedisCluster& cluster, const InstancePlace& place) {
    const std::string hash = node::secrets_folder(secret_scope(cluster)) + "/" + kClientsHash;
    return Handler::run("let clients into " + place.name + " with both passwords, then with the new one alone",
                        ask_functions(cluster) + at_instance(cluster, place) + "is_up || exit 0\n[ -e " +
                            shell_quote(hash) + " ] || exit 0\ntold \"ACL SETUSER default #$(sed 1d " +
                            shell_quote(hash) + ")\" 'ACL SETUSER default' || exit 1\n");
}

Items users(const RedisCluster& cluster, const Site& site) {
    Items items;
    for (const InstancePlace& place : places_of(cluster, site.member.number))
        items.push_back(std::make_shared<item::FileItem>(item::FileSpec{.path = place.users(),
                                                                        .content = users_text(cluster),
                                                                        .group = engine_of(cluster),
                                                                        .mode = 0640,
                                                                        .secret_scope = secret_scope(cluster),
                                                                        .handlers = {both_passwords(cluster, place)}}));
    return items;
}

Items configuration(const RedisCluster& cluster, const Site& site) {
    Items items;
    const std::string engine = engine_of(cluster);
    for (const InstancePlace& place : places_of(cluster, site.member.number)) {
        const bool is_sentinel = cluster.mode == "sentinel";
        const Handler set = is_sentinel
                                ? Handler::restart(place.unit(), true)
                                : Handler::run("set what changed in " + place.name + " while it runs",
                                               ask_functions(cluster) + at_instance(cluster, place) + "set_live\n");
        items.push_back(
            std::make_shared<item::FileItem>(item::FileSpec{.path = place.own_conf(),
                                                            .content = own_conf_text(cluster, site.member, place),
                                                            .group = engine,
                                                            .mode = 0640,
                                                            .secret_scope = secret_scope(cluster),
                                                            .handlers = {set}}));
        std::vector<Handler> unit_handlers{Handler::daemon_reload()};
        if (is_sentinel) unit_handlers.push_back(set);
        items.push_back(item::Owner("root").file(
            {.path = place.unit_file(), .content = unit_text(cluster, place), .handlers = unit_handlers}));
    }
    return items;
}

Items certificates(const RedisCluster& cluster, const Site& site, const ca::Leaves& leaves) {
    // The same file names set again are read again.
    std::vector<Handler> reload;
    for (const InstancePlace& place : places_of(cluster, site.member.number))
        reload.push_back(Handler::run("let " + place.name + " read its certificate again",
                                      ask_functions(cluster) + at_instance(cluster, place) +
                                          "systemctl is-active --quiet \"$instance.service\" || exit 0\ntold " +
                                          shell_quote("CONFIG SET tls-cert-file " + certificate_path(site.member)) +
                                          " || exit 1\n"));
    const std::string engine = engine_of(cluster);
    return {leaves.authority(engine),
            leaves.server({.path = certificate_path(site.member),
                           .key_path = key_path(site.member),
                           .owner = engine,
                           .handlers = cluster.mode == "sentinel" ? std::vector<Handler>() : reload},
                          site.member, "redis")};
}

Items services(const RedisCluster& cluster, const Site& site) {
    Items items;
    for (const InstancePlace& place : places_of(cluster, site.member.number))
        items.push_back(std::make_shared<item::ServiceItem>(
            item::ServiceSpec{.unit = place.unit(), .enabled = true, .running = true}));
    return items;
}

std::string settle_script(const RedisCluster& cluster, const Site& site) {
    std::string script = ask_functions(cluster);
    for (const InstancePlace& place : places_of(cluster, site.member.number))
        script += at_instance(cluster, place) + "settle || exit 1\n";
    return script;
}

Items live(const RedisCluster& cluster, const Site& site) {
    Items items;
    for (const InstancePlace& place : places_of(cluster, site.member.number)) {
        items.push_back(live_item(cluster, place));
        if (cluster.mode == "sentinel") items.push_back(monitors_item(cluster, place));
    }
    return items;
}

}  // namespace

std::vector<converge::Member> members_of(const RedisCluster& cluster) {
    return converge::members_of(cluster.name, cluster.nodes, &RedisNode::node);
}

converge::Table table_of(const RedisCluster& cluster, const node::Connect& connect, const Repairs& repairs) {
    converge::TableBuilder table;
    table.items("reservations", [cluster](const Site& site) { return reservations(cluster, site); });
    table.items("packages", [cluster](const Site& site) { return packages(cluster, site); });
    table.items("directories", [cluster](const Site& site) { return directories(cluster, site); });
    table.act("secrets", When::always,
              [cluster](Site&, StepContext& context) { return ensure_secrets(cluster, context); });
    if (cluster.ca) {
        const ca::Leaves leaves(*cluster.ca, connect ? std::make_shared<ca::Signer>(*cluster.ca, connect) : nullptr,
                                authority_path(cluster));
        table.items("certificates",
                    [cluster, leaves](const Site& site) { return certificates(cluster, site, leaves); });
    }
    table.items("users", [cluster](const Site& site) { return users(cluster, site); });
    table.items("configuration", [cluster](const Site& site) { return configuration(cluster, site); });
    table.items("start", [cluster](const Site& site) { return services(cluster, site); });
    // Settings of a running server are settled with its file; a sentinel has restarted for them.
    std::vector<std::string> settles{"secrets", "users", "start"};
    if (cluster.mode == "sentinel") settles.emplace_back("configuration");
    table
        .act("settle", When::when_changed,
             [cluster](Site& site, StepContext& context) {
                 return converge::run(settle_script(cluster, site))(site, context);
             })
        .watches(std::move(settles))
        .on_each();
    table.items("live", [cluster](const Site& site) { return live(cluster, site); });
    if (cluster.mode == "standalone")
        table.act("replication", repairs.replication ? When::always : When::create,
                  [cluster](Site&, StepContext& context) { return replicate(cluster, context); });
    if (cluster.mode == "cluster")
        table.act("cluster", repairs.cluster ? When::always : When::create,
                  [cluster](Site&, StepContext& context) { return form_cluster(cluster, context); });
    // What was left waiting by an earlier change gets its restart as soon as `restart` says so.
    if (cluster.restart == "rolling" && cluster.mode != "sentinel")
        table.act("restart", When::always,
                  [cluster](Site&, StepContext& context) { return restart_what_waits(cluster, context); });
    return table.done();
}

converge::Table removal_of(const RedisCluster& cluster) {
    converge::TableBuilder table;
    table
        .act("remove data", When::always,
             [cluster](Site& site, StepContext& context) {
                 converge::RemovalScript removal{.kills = true, .secrets = secret_scope(cluster)};
                 for (const InstancePlace& place : places_of(cluster, site.member.number)) {
                     removal.units.push_back(place.unit());
                     for (const std::string& path : {place.data, place.conf(), place.settled()})
                         removal.paths.push_back(path);
                 }
                 return converge::run(converge::removal_script(removal))(site, context);
             })
        .on_each();
    return table.done();
}

Access access_of(const RedisCluster& cluster, const std::string& id) {
    Access access{
        .id = id, .name = cluster.name, .ca_fingerprint = cluster.ca ? cluster.ca->fingerprint : "", .nodes = {}};
    for (const auto& [number, node] : cluster.nodes) access.nodes.emplace(number, node.node);
    return access;
}

std::vector<Endpoint> endpoints_of(const RedisCluster& cluster) {
    std::map<std::int64_t, Endpoint> by_port;
    for (const InstancePlace& place : all_places(cluster)) {
        Endpoint& endpoint = by_port[std::stoll(place.port)];
        endpoint.port = std::stoll(place.port);
        endpoint.hosts.push_back(place.address);
    }
    std::vector<Endpoint> endpoints;
    for (auto& [port, endpoint] : by_port) {
        std::string hosts;
        for (const std::string& host : endpoint.hosts) hosts += (hosts.empty() ? "" : ",") + host_port(host, port);
        endpoint.uri = (cluster.ca ? "rediss://" : "redis://") + hosts;
        endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
}

}  // namespace pigsty::module::redis
