#include "core/module/redis/members.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/quote.h"
#include "core/converge/for_all.h"
#include "core/module/redis/ask.h"

namespace pigsty::module::redis {
namespace {

node::RunScript looking(std::string text) { return {.text = std::move(text), .may_fail = true, .writes = false}; }

// Null: its node does not answer.
std::shared_ptr<converge::Site> site_of(const InstancePlace& place, const converge::StepContext& context) {
    const auto site = std::ranges::find_if(
        context.sites(), [&](const auto& each) { return each->member.address.address == place.address; });
    return site == context.sites().end() ? nullptr : *site;
}

Status run_at(const RedisCluster& cluster, const InstancePlace& place, const std::string& script,
              converge::StepContext& context) {
    const auto site = site_of(place, context);
    if (!site)
        return fail(
            Error{ErrorCode::unreachable, "expected its node to answer, found no connection"}.at_host(place.name));
    TRY_VOID(context.request(*site,
                             {node::RunScript{.text = ask_functions(cluster) + at_instance(cluster, place) + script}}));
    context.changed_something(*site);
    return {};
}

}  // namespace

ClusterTables tables_of(const Looks& looks) {
    ClusterTables tables;
    for (const auto& [endpoint, look] : looks)
        if (self_in(look.nodes) != nullptr) tables.emplace(endpoint, look.nodes);
    return tables;
}

Result<Looks> look_at_all(const RedisCluster& cluster, converge::StepContext& context) {
    const auto& sites = context.sites();
    std::vector<Looks> found(sites.size());
    const auto errors = converge::for_all(sites.size(), sites.size(), [&](std::size_t at) -> Status {
        const auto places = places_of(cluster, sites[at]->member.number);
        std::vector<node::Operation> scripts;
        for (const InstancePlace& place : places) scripts.emplace_back(looking(look_probe(cluster, place).key));
        TRY(const auto answers, context.request(*sites[at], std::move(scripts)));
        for (std::size_t i = 0; i < places.size(); ++i) found[at][places[i].endpoint()] = read_look(answers.at(i).out);
        return {};
    });
    if (!errors.empty()) return fail(converge::first_of(errors));
    Looks looks;
    for (Looks& of_site : found) looks.merge(of_site);
    return looks;
}

const InstanceLook* look_of(const Looks& looks, const std::string& endpoint) {
    const auto found = looks.find(endpoint);
    return found == looks.end() || !found->second.answers ? nullptr : &found->second;
}

bool is_cut_off_from_living(const Looks& looks, const std::string& endpoint) {
    const InstanceLook* look = look_of(looks, endpoint);
    return look != nullptr && is_cut_off(*look) && look_of(looks, look->primary) != nullptr;
}

Status tell(const RedisCluster& cluster, const InstancePlace& place, const std::vector<std::string>& commands,
            converge::StepContext& context) {
    std::string script;
    for (const std::string& command : commands) script += "told " + shell_quote(command) + " || exit 1\n";
    return run_at(cluster, place, script, context);
}

Status log_in_again(const RedisCluster& cluster, const Looks& looks, converge::StepContext& context) {
    for (const InstancePlace& place : all_places(cluster)) {
        if (!is_cut_off_from_living(looks, place.endpoint())) continue;
        // The secret is in the file of the node alone.
        TRY_VOID(run_at(cluster, place,
                        "for name in masteruser masterauth; do\n"
                        "  told \"CONFIG SET $(grep \"^$name \" \"$own\")\" \"CONFIG SET $name\" || exit 1\ndone\n",
                        context));
    }
    return {};
}

converge::Gate gate_of(const RedisCluster& cluster, const Looks& looks, std::string fact,
                       const converge::StepContext& context) {
    converge::Gate gate{.fact = std::move(fact)};
    for (const InstancePlace& place : all_places(cluster)) {
        if (!is_cut_off_from_living(looks, place.endpoint())) continue;
        gate.node = site_of(place, context)->node;
        gate.unit = place.unit();
        break;
    }
    return gate;
}

}  // namespace pigsty::module::redis
