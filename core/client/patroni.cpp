#include "core/client/patroni.h"

#include <algorithm>

namespace pigsty::client {
namespace {

// Reading and changing take a moment; a restart answers only when PostgreSQL is back.
constexpr std::chrono::seconds kReadBound{20};
constexpr std::chrono::seconds kRestartBound{600};

std::string text_of(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_of(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

}  // namespace

const PatroniMember* PatroniCluster::leader() const {
    const auto found = std::ranges::find_if(members, [](const auto& member) { return member.leads(); });
    return found == members.end() ? nullptr : &*found;
}

const PatroniMember* PatroniCluster::member(const std::string& name) const {
    const auto found = std::ranges::find(members, name, &PatroniMember::name);
    return found == members.end() ? nullptr : &*found;
}

const PatroniMember* PatroniCluster::successor() const {
    const auto is_synchronous = [](const PatroniMember& member) {
        return member.role == "sync_standby" || member.role == "quorum_standby";
    };
    const bool only_synchronous = std::ranges::any_of(members, is_synchronous);
    const auto found = std::ranges::find_if(members, [&](const PatroniMember& member) {
        return !member.leads() && member.serves() && !member.tags.value("nofailover", false) &&
               (!only_synchronous || is_synchronous(member));
    });
    return found == members.end() ? nullptr : &*found;
}

Result<PatroniCluster> patroni_cluster_from_json(const nlohmann::json& reply) {
    if (!reply.is_object() || !reply.contains("members") || !reply["members"].is_array())
        return fail(ErrorCode::failed, "Patroni's /cluster reply has no members: " + reply.dump().substr(0, 200));
    PatroniCluster cluster;
    cluster.paused = reply.value("pause", false);
    if (const auto scheduled = reply.find("scheduled_switchover"); scheduled != reply.end() && scheduled->is_object())
        cluster.scheduled_switchover = text_of(*scheduled, "at");
    for (const auto& entry : reply["members"]) {
        PatroniMember member{.name = text_of(entry, "name"),
                             .role = text_of(entry, "role"),
                             .state = text_of(entry, "state"),
                             .host = text_of(entry, "host"),
                             .port = number_of(entry, "port"),
                             .timeline = number_of(entry, "timeline"),
                             .lag_bytes = {},
                             .pending_restart = entry.value("pending_restart", false)};
        if (entry.contains("lag") && entry["lag"].is_number_integer()) member.lag_bytes = number_of(entry, "lag");
        if (entry.contains("tags")) member.tags = entry["tags"];
        cluster.members.push_back(std::move(member));
    }
    return cluster;
}

Result<PatroniStatus> patroni_status_from_json(const nlohmann::json& reply) {
    if (!reply.is_object() || !reply.contains("state"))
        return fail(ErrorCode::failed, "Patroni's /patroni reply has no state: " + reply.dump().substr(0, 200));
    PatroniStatus status{.state = text_of(reply, "state"),
                         .role = text_of(reply, "role"),
                         .server_version = number_of(reply, "server_version"),
                         .patroni_version = {},
                         .system_identifier = text_of(reply, "database_system_identifier"),
                         .timeline = number_of(reply, "timeline"),
                         .pending_restart = reply.value("pending_restart", false)};
    if (const auto patroni = reply.find("patroni"); patroni != reply.end())
        status.patroni_version = text_of(*patroni, "version");
    // Patroni before 3.1 does not say: there a replica that runs has to do.
    status.is_streaming = reply.contains("replication_state") ? text_of(reply, "replication_state") == "streaming"
                                                              : status.patroni_version.starts_with("3.0") &&
                                                                    status.state == "running" && !status.leads();
    return status;
}

Result<HttpResponse> Patroni::call(const std::string& method, const std::string& path, const nlohmann::json& body,
                                   const Cancel& cancel) const {
    const Cancel bound =
        cancel.within_at_most(path == "/restart" || path == "/switchover" ? kRestartBound : kReadBound);
    const auto named = [&](Error error) {
        if (error.host.empty()) error.host = target_.address;
        error.message = "Patroni " + method + " " + path + ": " + error.message;
        return std::unexpected(std::move(error));
    };
    if (target_.gets && method == "GET") ++*target_.gets;
    auto stream =
        target_.node->open_stream("root", "tcp:" + target_.address + ":" + std::to_string(target_.port), bound);
    if (!stream) return named(std::move(stream).error());
    auto reply = http_exchange(**stream, target_.tls,
                               {.method = method,
                                .path = path,
                                .body = body.is_null() ? std::string() : body.dump(),
                                .login = method == "GET" ? std::nullopt : target_.login},
                               bound);
    if (!reply) return named(std::move(reply).error());
    return reply;
}

Result<nlohmann::json> Patroni::call_json(const std::string& method, const std::string& path,
                                          const nlohmann::json& body, const Cancel& cancel) const {
    TRY(const HttpResponse reply, call(method, path, body, cancel));
    auto parsed = nlohmann::json::parse(reply.body, nullptr, false);
    // /patroni answers 503 with its usual document while PostgreSQL does not run.
    if (parsed.is_discarded() || (reply.status != 200 && path != "/patroni"))
        return fail(Error{.code = ErrorCode::failed,
                          .message = "Patroni " + method + " " + path + " answered " + std::to_string(reply.status)}
                        .at_host(target_.address)
                        .with_output(reply.body));
    return parsed;
}

Result<PatroniCluster> Patroni::cluster(const Cancel& cancel) const {
    TRY(const nlohmann::json reply, call_json("GET", "/cluster", {}, cancel));
    return patroni_cluster_from_json(reply);
}

Result<PatroniStatus> Patroni::status(const Cancel& cancel) const {
    TRY(const nlohmann::json reply, call_json("GET", "/patroni", {}, cancel));
    return patroni_status_from_json(reply);
}

Result<nlohmann::json> Patroni::config(const Cancel& cancel) const { return call_json("GET", "/config", {}, cancel); }

Result<nlohmann::json> Patroni::patch_config(const nlohmann::json& patch, const Cancel& cancel) const {
    return call_json("PATCH", "/config", patch, cancel);
}

Status Patroni::restart(const Cancel& cancel) const {
    TRY(const HttpResponse reply, call("POST", "/restart", nlohmann::json::object(), cancel));
    if (reply.status / 100 == 2) return {};
    return fail(Error{.code = ErrorCode::failed, .message = "Patroni could not restart PostgreSQL"}
                    .at_host(target_.address)
                    .with_output(reply.body));
}

Status Patroni::switchover(const std::string& leader, const std::string& candidate, const Cancel& cancel) const {
    TRY(const HttpResponse reply, call("POST", "/switchover", {{"leader", leader}, {"candidate", candidate}}, cancel));
    if (reply.status / 100 == 2) return {};
    return fail(Error{.code = ErrorCode::failed,
                      .message = "Patroni could not move the leader from " + leader + " to " + candidate}
                    .at_host(target_.address)
                    .with_output(reply.body));
}

}  // namespace pigsty::client
