#include "provider/resource/haproxy_service.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/unknown.h"
#include "core/render/haproxy.h"
#include "core/render/haproxy_words.h"
#include "provider/framework/validators.h"
#include "provider/resource/module_attributes.h"

namespace pigsty::provider {
namespace {

using module::haproxy::HaproxyService;
using render::Proxy;
using render::ProxyServer;

framework::Validator haproxy_rule(const std::string& text, std::optional<std::string> (*problem_of)(std::string_view),
                                  const std::string& hint) {
    return framework::follows(text, [text, problem_of, hint](std::string_view value) -> Status {
        const auto problem = problem_of(value);
        if (!problem) return {};
        return fail(
            Error{.code = ErrorCode::invalid, .message = "expected " + text + ", found one that " + *problem}.with_hint(
                hint));
    });
}

framework::Validator server_options() {
    return haproxy_rule("options of a server, in one line", render::haproxy_server_options_problem,
                        "for example check port 9000 inter 3s");
}

Attributes<ProxyServer> server_attributes() {
    return {
        attribute("name", &ProxyServer::name)
            .required()
            .validate(framework::follows(kFileName))
            .description("Its name in HAProxy."),
        attribute("ip", &ProxyServer::ip).required().validate(framework::ip_address()).description("Its address."),
        attribute("port", &ProxyServer::port).required().validate(framework::port()).description("Its port."),
        attribute("backup", &ProxyServer::backup)
            .fixed_default(false)
            .description("Serves only when no other server can."),
        attribute("weight", &ProxyServer::weight)
            .fixed_default(100)
            .validate(framework::between(module::haproxy::kServerWeights))
            .description("Its share of the load."),
        attribute("options", &ProxyServer::options)
            .optional()
            .example("\"check port 9000\"")
            .validate(server_options())
            .description("More words of its line, such as `check`: without it a server counts as alive."),
    };
}

Attributes<Proxy> proxy_attributes() {
    return {
        attribute("port", &Proxy::port).required().validate(framework::port()).description("Port on every node."),
        attribute("listen", &Proxy::listen)
            .fixed_default("*")
            .validate(framework::text_rule("* or an IP address",
                                           [](std::string_view text) { return text == "*" || kIpAddress.holds(text); }))
            .description("Address to listen on."),
        attribute("mode", &Proxy::mode)
            .fixed_default("tcp")
            .validate(framework::one_of({"tcp", "http"}))
            .description("Whether it passes bytes or understands HTTP."),
        attribute("balance", &Proxy::balance)
            .fixed_default("roundrobin")
            .validate(framework::text_rule("one word of HAProxy's, such as roundrobin or leastconn",
                                           render::is_haproxy_balance))
            .description("HAProxy's way to choose a server."),
        attribute("maxconn", &Proxy::maxconn)
            .fixed_default(10000)
            .validate(framework::between(module::haproxy::kProxyConnections))
            .description("Connections of clients at a time, on each node."),
        attribute("options", &Proxy::options)
            .optional()
            .example("[\"option httpchk\"]")
            .validate(framework::each(haproxy_rule("a line of a `listen` section", render::haproxy_option_problem,
                                                   "for example option httpchk, or http-check expect status 200")))
            .description("Lines of its section. Each begins with a word that stays in the section and that no "
                         "attribute here stands for: `option`, `http-check`, `tcp-check`, `timeout`, `acl`, "
                         "`http-request`, `tcp-request`, `stick-table` and their like."),
        attribute("server_options", &Proxy::server_options)
            .optional()
            .validate(server_options())
            .description("Options of all servers (`default-server`). Not set: `" +
                         render::default_server(render::failover_plan(render::kNormalFailover)) + "`."),
        nested("servers", &Proxy::servers, server_attributes())
            .required()
            .validate(framework::not_empty())
            .description("The servers that it leads to."),
    };
}

Attributes<HaproxyService> service_attributes_of_haproxy() {
    return {
        cluster_name_attribute(&HaproxyService::name)
            .example("\"minio\"")
            .validate(framework::text_rule("another name than stats, which HAProxy's own page has",
                                           [](std::string_view text) { return text != "stats"; }))
            .description("Name of the service, and of its section and file on each node."),
        members_attribute("nodes", &HaproxyService::nodes, 128, node_address_attributes())
            .example("{ 1 = { address = \"10.10.10.11\" } }")
            .description("The nodes whose HAProxy has it, by number: the `members` of another resource, for example."),
        object("ca", &HaproxyService::ca, ca_reference_attributes())
            .optional()
            .example("pigsty_ca.this.ref")
            .description("Its certificate comes to `" + std::string(module::haproxy::kAuthorityFile) +
                         "` on each node, for `check-ssl`, `ssl` and `ca-file` in options of servers. All services of "
                         "a node have the same authority there."),
        within(&HaproxyService::proxy, proxy_attributes()),
    };
}

void refuse_equal_server_names(const std::vector<ProxyServer>& servers, framework::Validation& validation) {
    std::map<std::string, std::size_t> first;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const std::string& name = servers[i].name;
        if (name.empty() || has_unknown(name)) continue;
        const auto [found, is_new] = first.emplace(name, i);
        if (!is_new)
            validation.error(value::Path::of("servers").index(static_cast<std::int64_t>(i)).attribute("name"),
                             "Two servers of one name",
                             "Expected a name of its own for each server, found \"" + name + "\" at servers[" +
                                 std::to_string(found->second) + "], too. Choose another name.");
    }
}

bool names_the_authority(const Proxy& proxy) {
    const auto names_it = [](std::string_view text) {
        return text.find(module::haproxy::kAuthorityFile) != std::string_view::npos;
    };
    return names_it(proxy.server_options.value_or("")) || std::ranges::any_of(proxy.options, names_it) ||
           std::ranges::any_of(proxy.servers,
                               [&](const ProxyServer& server) { return names_it(server.options.value_or("")); });
}

}  // namespace

Declaration<HaproxyServiceState> HaproxyServiceResource::declare() const {
    return {
        .description =
            "A service of HAProxy on a set of nodes: one port of each that leads to the servers which are named here. "
            "Its file is checked by HAProxy before it counts, and comes back as it was where HAProxy does not "
            "listen with it. Services of other resources on the same nodes, those of `pigsty_pg_cluster` among "
            "them, are left alone.",
        .subcategory = "Nodes",
        .attributes = {
            within(&HaproxyServiceState::spec, service_attributes_of_haproxy()),
            within(&HaproxyServiceState::common,
                   framework::common_attributes(
                       {.deletion_protection = false, .ignore_example = "[\"minio-2 /etc/haproxy/*\"]"})),
        }};
}

converge::Table HaproxyServiceResource::table(const HaproxyServiceState& state, const Fleet* fleet) const {
    return module::haproxy::table_of(state.spec, connect_through(fleet));
}

std::vector<HaproxyServiceState> HaproxyServiceResource::shapes() const {
    HaproxyServiceState state;
    state.spec.ca.emplace();
    return {std::move(state)};
}

void HaproxyServiceResource::validate(const HaproxyServiceState& config, framework::Validation& validation) const {
    ModuleResource::validate(config, validation);
    const Proxy& proxy = config.spec.proxy;
    refuse_equal_server_names(proxy.servers, validation);
    const auto taken = [&](std::int64_t port, const std::string& by) {
        if (proxy.port != port || validation.unknown.at("port")) return;
        validation.error(value::Path::of("port"), "Port " + std::to_string(port) + " is taken",
                         "Expected a port that nobody on the nodes has, found " + by + "'s. Choose another port.");
    };
    taken(22, "SSH");
    taken(render::kHaproxyStatsPort, "HAProxy's statistics");
    if (!config.spec.ca && !validation.unknown.at("ca") && names_the_authority(proxy))
        validation.diagnostics.add_warning(
            config.spec.name + ": " + module::haproxy::kAuthorityFile + " is somebody else's",
            "Options name it, and without `ca` this resource neither puts it there nor keeps it: HAProxy starts with "
            "none of its services where it is missing.",
            value::Path::of("ca"));
}

}  // namespace pigsty::provider
