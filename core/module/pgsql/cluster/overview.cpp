#include "core/module/pgsql/cluster/overview.h"

#include <nlohmann/json.hpp>

#include "core/module/pgsql/cluster/serving.h"

namespace pigsty::module::pgsql {
namespace {

// Set by configuration, Patroni's command line or the environment; not what holds a password.
constexpr const char* kSettingsQuery = R"(
SELECT coalesce(json_object_agg(name, current_setting(name) ORDER BY name), '{}')
FROM pg_settings
WHERE source IN ('configuration file', 'command line', 'environment variable')
  AND name NOT IN ('primary_conninfo', 'ssl_passphrase_command'))";

std::optional<std::string> sync_state_of(const client::PatroniMember& member) {
    if (member.leads()) return std::nullopt;
    if (member.role == "sync_standby") return "sync";
    if (member.role == "quorum_standby") return "quorum";
    return "async";
}

Status read_leader(ClusterSession& session, Overview& overview, const Cancel& cancel) {
    return session.look(
        [&](ClusterSession::Work& work) -> Status {
            TRY(const Catalog* const catalog, work.catalog());
            TRY(const std::string answer, work.ask("postgres", kSettingsQuery));
            const auto settings = nlohmann::json::parse(answer, nullptr, false);
            if (!settings.is_object())
                return fail(ErrorCode::internal, "expected settings as JSON from " + session.cluster().name);
            overview.system_identifier = catalog->system_identifier;
            overview.version_actual = version_text(catalog->server_version);
            overview.settings = settings.get<std::map<std::string, std::string>>();
            return {};
        },
        cancel);
}

Status ask_who_streams(ClusterSession& session, const client::PatroniCluster& seen, Overview& overview,
                       const Cancel& cancel) {
    TRY(const auto streaming, streaming_members(session, cancel));
    const Moment moment{.patroni = seen, .reached = {}, .streaming = streaming};
    for (auto& [number, member] : overview.members)
        member.serves = member.name == overview.leader || follows(session.cluster(), number, moment);
    return {};
}

}  // namespace

std::string version_text(std::int64_t server_version) {
    return std::to_string(server_version / 10000) + "." + std::to_string(server_version % 10000);
}

MemberMap<MemberOverview> members_seen(const PgCluster& cluster, const client::PatroniCluster& seen) {
    MemberMap<MemberOverview> members;
    for (const auto& [number, instance] : cluster.instances) {
        MemberOverview member{
            .name = member_name(cluster, number), .address = instance.node.address, .declared_role = instance.role};
        if (const client::PatroniMember* const live = seen.member(member.name)) {
            member.role = live->role;
            member.state = live->state;
            member.sync_state = sync_state_of(*live);
            if (live->timeline > 0) member.timeline = live->timeline;
            member.lag_bytes = live->lag_bytes;
            member.pending_restart = live->pending_restart;
            member.serves = live->serves();
        }
        members.emplace(number, std::move(member));
    }
    return members;
}

Result<Overview> overview_of(ClusterSession& session, const Cancel& cancel) {
    TRY(const Members members, session.members(cancel));
    TRY(const client::PatroniCluster seen, members.cluster(cancel));
    Overview overview{.members = members_seen(session.cluster(), seen), .paused = seen.paused};
    if (const auto* const leader = seen.leader()) overview.leader = leader->name;
    session.remember_leader(members, seen);
    Status status = read_leader(session, overview, cancel);
    if (status) status = ask_who_streams(session, seen, overview, cancel);
    if (status) return overview;
    // Its machine answers us and its server does not: it leads by Patroni's word alone.
    if (members.leader_in(seen))
        for (auto& [number, member] : overview.members)
            if (member.name == overview.leader) member.serves = false;
    // A cluster without a leader is what one wants to look at most; anything else is a failure to look.
    const bool bearable = !overview.leader || status.error().code == ErrorCode::unreachable;
    if (!bearable) return fail(status.error());
    TRY_VOID(cancel.check("asking the leader of " + session.cluster().name));
    overview.incomplete = status.error();
    return overview;
}

}  // namespace pigsty::module::pgsql
