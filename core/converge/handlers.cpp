#include "core/converge/handlers.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/base/quote.h"
#include "core/item/put_back.h"
#include "core/item/shell_parts.h"

namespace pigsty::converge {

using item::Handler;
using item::HandlerKind;

void PendingHandlers::add(const std::vector<Handler>& handlers, const std::vector<std::string>& paths) {
    for (const Handler& handler : handlers) {
        auto found = std::ranges::find(handlers_, handler, &PendingHandler::handler);
        if (found == handlers_.end()) found = handlers_.insert(handlers_.end(), PendingHandler{handler, {}});
        for (const std::string& path : paths) {
            if (std::ranges::find(found->paths, path) == found->paths.end()) found->paths.push_back(path);
        }
    }
}

void PendingHandlers::drop_unit(const std::string& unit) {
    std::erase_if(handlers_, [&](const PendingHandler& pending) {
        const HandlerKind kind = pending.handler.kind;
        return (kind == HandlerKind::reload || kind == HandlerKind::restart) && pending.handler.target == unit;
    });
}

std::vector<PendingHandler> PendingHandlers::in_order() const {
    std::vector<PendingHandler> all;
    for (const HandlerKind kind :
         {HandlerKind::daemon_reload, HandlerKind::run, HandlerKind::reload, HandlerKind::restart}) {
        std::ranges::copy_if(handlers_, std::back_inserter(all),
                             [kind](const PendingHandler& pending) { return pending.handler.kind == kind; });
    }
    for (const PendingHandler& restart : handlers_) {
        if (restart.handler.kind != HandlerKind::restart) continue;
        const auto reload = std::ranges::find_if(all, [&](const PendingHandler& pending) {
            return pending.handler.kind == HandlerKind::reload && pending.handler.target == restart.handler.target;
        });
        if (reload == all.end()) continue;
        const auto same = std::ranges::find(all, restart.handler, &PendingHandler::handler);
        same->paths.insert(same->paths.end(), reload->paths.begin(), reload->paths.end());
        all.erase(reload);
    }
    return all;
}

std::vector<std::string> PendingHandlers::paths() const {
    std::vector<std::string> all;
    for (const PendingHandler& pending : handlers_) {
        if (pending.handler.kind == HandlerKind::daemon_reload) continue;
        for (const std::string& path : pending.paths) {
            if (std::ranges::find(all, path) == all.end()) all.push_back(path);
        }
    }
    return all;
}

bool PendingHandlers::any_one_at_a_time() const {
    return std::ranges::any_of(handlers_,
                               [](const PendingHandler& pending) { return pending.handler.one_member_at_a_time; });
}

node::RunScript script_of(const PendingHandler& pending) {
    const Handler& handler = pending.handler;
    if (handler.kind == HandlerKind::daemon_reload) return {.text = "systemctl daemon-reload\n"};
    const std::string unit = shell_quote(handler.target);
    const bool of_unit = handler.script.empty();
    const std::string act =
        !of_unit ? handler.script
                 : fmt::format("systemctl {} -- {}", handler.kind == HandlerKind::reload ? "reload" : "restart", unit);
    const std::string health = !handler.health.empty() ? handler.health
                               : of_unit               ? fmt::format("systemctl is-active --quiet -- {}", unit)
                                                       : "true";
    std::string script = item::unit_failed_function();
    // A unit that does not run reads its files when it starts.
    if (of_unit) script += fmt::format("systemctl is-active --quiet -- {} || exit 0\n", unit);
    std::string put_back;
    std::string said;
    if (!pending.paths.empty()) {
        std::string files;
        for (const std::string& path : pending.paths) files += " " + path;
        put_back = item::put_back_script(pending.paths);
        said = fmt::format("echo {} >&2\n", shell_quote("put back as it was before:" + files));
    }
    if (!handler.guard.empty())
        script += fmt::format("if ! why=$( ( {}\n) 2>&1 ); then\n{}{}printf '%s\\n' \"$why\" >&2\nexit 1\nfi\n",
                              handler.guard, put_back, said);
    script += fmt::format(
        "act() {{ {}\n}}\nhealthy() {{ {}\n}}\n"
        "wait_until_healthy() {{\n  left={}\n  until ( healthy ) >/dev/null 2>&1; do\n"
        "    left=$((left - 1)); [ $left -gt 0 ] || return 1; sleep 0.5\n  done\n}}\n"
        "if ( act ) >&2 && wait_until_healthy; then exit 0; fi\n"
        "( healthy ) >&2\n",
        act, health, std::max<std::int64_t>(1, handler.health_within.count() * 2));
    if (of_unit || handler.target.contains('.')) script += fmt::format("unit_failed {}\n", unit);
    if (!pending.paths.empty()) script += put_back + "( act ) >&2\n" + said;
    script += "exit 1\n";
    return {.text = script, .stall = handler.health_within + std::chrono::minutes(10)};
}

nlohmann::json to_json(const std::vector<Handler>& handlers) {
    nlohmann::json all = nlohmann::json::array();
    for (const Handler& handler : handlers) {
        nlohmann::json one{{"kind", static_cast<int>(handler.kind)}, {"target", handler.target}};
        if (!handler.script.empty()) one["script"] = handler.script;
        if (!handler.health.empty()) one["health"] = handler.health;
        if (!handler.guard.empty()) one["guard"] = handler.guard;
        if (handler.one_member_at_a_time) one["one_member_at_a_time"] = true;
        all.push_back(std::move(one));
    }
    return all;
}

std::vector<Handler> handlers_from_json(const nlohmann::json& json) {
    std::vector<Handler> handlers;
    if (!json.is_array()) return handlers;
    for (const auto& one : json) {
        const int kind = one.value("kind", -1);
        if (kind < 0 || kind > static_cast<int>(HandlerKind::restart)) continue;
        handlers.push_back({.kind = static_cast<HandlerKind>(kind),
                            .target = one.value("target", ""),
                            .script = one.value("script", ""),
                            .one_member_at_a_time = one.value("one_member_at_a_time", false),
                            .health = one.value("health", ""),
                            .guard = one.value("guard", "")});
    }
    return handlers;
}

}  // namespace pigsty::converge
