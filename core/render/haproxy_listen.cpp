#include "core/render/haproxy_listen.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/base/unknown.h"
#include "core/render/banner.h"
#include "core/render/haproxy.h"
#include "core/render/haproxy_words.h"

namespace pigsty::render {
namespace {

// Text that is not known yet makes the file unknown, and is judged when it is known.
std::optional<std::string> known_problem(std::optional<std::string> (*rule)(std::string_view), std::string_view text) {
    return has_unknown(text) ? std::nullopt : rule(text);
}

std::string proxied_server_line(const ProxyServer& server) {
    const std::string options = server.options && !server.options->empty() ? " " + *server.options : "";
    return fmt::format("    server {} {} weight {}{}{}\n", server.name, host_port(server.ip, server.port),
                       server.weight, server.backup ? " backup" : "", options);
}

}  // namespace

Result<std::string> render_haproxy_proxy(std::string_view name, const Proxy& proxy) {
    const auto refused = [&](std::string_view what, const std::string& problem) {
        return fail(ErrorCode::invalid, fmt::format("service {}: {} {}", name, what, problem));
    };
    if (const auto problem = known_problem(haproxy_line_problem, proxy.listen)) return refused("listen", *problem);
    if (const auto problem = known_problem(haproxy_line_problem, proxy.balance)) return refused("balance", *problem);
    for (const std::string& line : proxy.options)
        if (const auto problem = known_problem(haproxy_option_problem, line)) return refused("options", *problem);
    const std::string defaults = proxy.server_options.value_or(default_server(failover_plan(kNormalFailover)));
    if (const auto problem = known_problem(haproxy_server_options_problem, defaults))
        return refused("server_options", *problem);
    std::string text = banner() + fmt::format(
                                      "listen {}\n"
                                      "    bind {}:{}\n"
                                      "    mode {}\n"
                                      "    maxconn {}\n"
                                      "    balance {}\n",
                                      name, proxy.listen, proxy.port, proxy.mode, proxy.maxconn, proxy.balance);
    for (const std::string& line : proxy.options) text += fmt::format("    {}\n", trimmed(line));
    text += fmt::format("    default-server {}\n", defaults);
    for (const ProxyServer& server : proxy.servers) {
        if (const auto problem = known_problem(haproxy_server_options_problem, server.options.value_or("")))
            return refused("server " + server.name, *problem);
        text += proxied_server_line(server);
    }
    return text;
}

}  // namespace pigsty::render
