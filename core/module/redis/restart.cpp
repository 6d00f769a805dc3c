#include "core/module/redis/restart.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/base/quote.h"
#include "core/module/redis/ask.h"
#include "core/module/redis/cluster.h"
#include "core/module/redis/members.h"

namespace pigsty::module::redis {
namespace {

// A throw-away start as the server's account tells what is wrong with a file, and needs no port: it ends with 1 and says why,
// or is ended by us while it is ready (124).
std::string tried(const RedisCluster& cluster, const InstancePlace& place) {
    const std::string engine = engine_of(cluster);
    return "scratch=$(mktemp -d) && chown " + engine + ": \"$scratch\" || exit 1\n" +
           "grep -vE '^(port|tls-port|bind|dir|aclfile|logfile|save|appendonly|cluster-enabled) ' \"$own\" "
           ">\"$scratch/own\"\n"
           "chown " +
           engine +
           ": \"$scratch/own\" && chmod 0600 \"$scratch/own\"\n"
           "said=$(runuser -u " +
           engine + " -- timeout 2 " + engine +
           "-server \"$scratch/own\" --port 0 --unixsocket \"$scratch/x.sock\" --dir \"$scratch\" --logfile '' --save "
           "'' "
           "--appendonly no 2>&1)\nended=$?\nrm -rf -- \"${scratch:?}\"\n"
           "[ \"$ended\" -eq 124 ] || { printf '%s\\n' \"$said\" | tail -n 5 >&2; echo \"" +
           place.name + ": would not start with what is wanted; nothing was restarted\" >&2; exit 1; }\n";
}

// "can't set immutable config"; whatever else a server refuses so waits as well, without having been told before.
constexpr std::array<std::string_view, 11> kAtStart{
    "always-show-logo",      "databases",  "disable-thp",         "enable-debug-command",
    "enable-module-command", "io-threads", "io-threads-do-reads", "set-proc-title",
    "tcp-backlog",           "unixsocket", "unixsocketperm"};

}  // namespace

std::vector<std::string> restart_forecast(const RedisCluster& prior, const RedisCluster& planned) {
    if (planned.mode == "sentinel") return {};
    std::set<std::string> names;
    const auto compare = [&](const auto& before, const auto& after) {
        for (const std::string_view name : kAtStart) {
            const std::string key(name);
            const auto was = before.find(key), is = after.find(key);
            if ((was == before.end()) != (is == after.end()) || (is != after.end() && was->second != is->second))
                names.insert(key);
        }
    };
    compare(prior.parameters, planned.parameters);
    for (const auto& [number, node] : planned.nodes) {
        const auto its = prior.nodes.find(number);
        if (its == prior.nodes.end()) continue;
        for (const auto& [port, instance] : node.instances)
            if (const auto same = its->second.instances.find(port); same != its->second.instances.end())
                compare(same->second.parameters, instance.parameters);
    }
    if (prior.rename_commands != planned.rename_commands) names.insert("rename_commands");
    // What has waited until now.
    if (planned.restart == "rolling" && prior.restart != "rolling") {
        compare(std::map<std::string, std::string>(), planned.parameters);
        if (!planned.rename_commands.empty()) names.insert("rename_commands");
    }
    if (names.empty()) return {};
    std::string what;
    for (const std::string& name : names) what += (what.empty() ? "" : ", ") + name;
    if (planned.restart != "rolling")
        return {what + " of " + planned.name +
                " waits for the next restart of its instances: set restart = \"rolling\" to have it now"};
    return {"restart the instances of " + planned.name + " that " + what +
            " concerns, one after the other, replicas first" +
            (planned.mode == "cluster" ? ", a master once a replica has taken over" : "")};
}

Status restart_what_waits(const RedisCluster& cluster, converge::StepContext& context) {
    std::vector<std::pair<InstancePlace, std::shared_ptr<converge::Site>>> waiting;
    for (const auto& site : context.sites()) {
        const auto places = places_of(cluster, site->member.number);
        std::vector<node::Operation> scripts;
        for (const InstancePlace& place : places)
            scripts.emplace_back(node::RunScript{
                .text = "grep -q '^pending ' " + place.settled() + "\n", .may_fail = true, .writes = false});
        TRY(const auto answers, context.request(*site, std::move(scripts)));
        for (std::size_t i = 0; i < places.size(); ++i)
            if (answers.at(i).status == 0) waiting.emplace_back(places[i], site);
    }
    if (waiting.empty()) return {};
    for (const auto& [place, site] : waiting)
        TRY_VOID(context.request(
            *site, {node::RunScript{.text = at_instance(cluster, place) + tried(cluster, place), .writes = false}}));
    TRY(const Looks looks, look_at_all(cluster, context));
    std::ranges::stable_sort(waiting, {},
                             [&](const auto& one) { return looks.at(one.first.endpoint()).role == "master"; });
    for (const auto& [place, site] : waiting) {
        const auto begun = Cancel::Clock::now();
        if (cluster.mode == "cluster" && looks.at(place.endpoint()).role == "master") {
            // One of its replicas takes over first, where there is one.
            TRY(const Looks seen, look_at_all(cluster, context));
            const std::vector<ClusterNode>& nodes = seen.at(place.endpoint()).nodes;
            const ClusterNode* self = self_in(nodes);
            for (const InstancePlace& other : all_places(cluster)) {
                const bool follows = self != nullptr && std::ranges::any_of(nodes, [&](const ClusterNode& node) {
                                         return node.endpoint == other.endpoint() && node.master == self->id;
                                     });
                if (!follows || !seen.contains(other.endpoint())) continue;
                TRY_VOID(tell(cluster, other, {"CLUSTER FAILOVER"}, context));
                TRY_VOID(context.wait_for(
                    {.fact = place.name + " has handed over", .node = site->node}, [&]() -> Result<converge::Look> {
                        TRY(const Looks now, look_at_all(cluster, context));
                        const auto& its = now.at(place.endpoint());
                        return converge::Look{.reached = its.role == "slave" && its.is_linked, .moved = its.role};
                    }));
                break;
            }
        }
        TRY_VOID(context.request(*site,
                                 {node::RunScript{.text = ask_functions(cluster) + at_instance(cluster, place) +
                                                          "systemctl restart \"$instance.service\" || exit 1\nsettle\n",
                                                  .stall = std::chrono::minutes(10)}}));
        context.changed_something(*site);
        TRY_VOID(context.wait_for({.fact = place.name + " is back", .node = site->node, .unit = place.unit()},
                                  [&]() -> Result<converge::Look> {
                                      TRY(const Looks now, look_at_all(cluster, context));
                                      const InstanceLook& its = now.at(place.endpoint());
                                      const bool is_well = its.answers && (its.role != "slave" || its.is_linked) &&
                                                           (cluster.mode != "cluster" || its.state == "ok");
                                      return converge::Look{.reached = is_well,
                                                            .moved = its.role + " " + std::to_string(its.offset)};
                                  }));
        context.report(*site, "restart " + place.name, begun);
    }
    return {};
}

}  // namespace pigsty::module::redis
