#include "core/module/pgsql/cluster/upstream.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/quote.h"
#include "core/base/text.h"
#include "core/item/guest_lines.h"
#include "core/module/pgsql/cluster/hba_reload.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/secrets.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {
namespace {

using converge::Site;
using converge::StepContext;
using nlohmann::json;

const node::Probe& hba_probe() {
    static const node::Probe probe{node::ProbeKind::text, render::kHbaFile};
    return probe;
}

std::string guest_of(const PgCluster& cluster) { return "standby " + cluster.name; }

std::string head_of(const PgCluster& cluster) { return upstream_key(cluster) + ": "; }

std::string as_text(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

json wanted_slot() { return {{"type", "physical"}}; }

bool has_slot(const json& configuration, const std::string& slot) {
    const json::json_pointer where("/slots/" + slot + "/type");
    return configuration.is_object() && configuration.contains(where) && configuration.at(where) == "physical";
}

bool has_lines(const std::optional<std::string>& file, const PgCluster& cluster) {
    return file && item::lines_of_guest(*file, guest_of(cluster)) == upstream_hba_lines(cluster);
}

// Those that do not answer.
std::vector<std::string> silent_members(const PgCluster& upstream, const Members& members) {
    std::vector<std::string> silent;
    for (const auto& [number, instance] : upstream.instances) {
        const std::string name = member_name(upstream, number);
        if (std::ranges::find(members.all(), name, &Reached::name) == members.all().end()) silent.push_back(name);
    }
    return silent;
}

// What the server does not take does not stay.
std::string write_lines_script(const PgCluster& cluster, std::int64_t port) {
    return item::put_guest_script(render::kHbaFile, guest_of(cluster)) + "(\n" + reload_hba_script(port) +
           ") || { mv -f -- \"$file.pigsty-old\" \"$file\"; exit 1; }\nrm -f -- \"$file.pigsty-old\"\n";
}

Status write_lines(const PgCluster& cluster, const PgCluster& upstream, const Reached& member,
                   const std::vector<std::string>& lines, const Cancel& cancel) {
    TRY(const auto results, member.node->request({node::RunScript{.text = write_lines_script(cluster, upstream.port),
                                                                  .input = as_text(lines),
                                                                  .may_fail = true}},
                                                 cancel));
    if (results.back().status == 0) return {};
    return fail(Error{.code = ErrorCode::failed,
                      .message = "the lines of " + cluster.name + " in " + render::kHbaFile + " were not taken"}
                    .at_host(member.name)
                    .with_output(results.back().err));
}

// True where something was written.
Result<bool> ensure_lines(const PgCluster& cluster, const PgCluster& upstream, const Members& members,
                          StepContext& context) {
    bool wrote = false;
    for (const Reached& member : members.all()) {
        TRY(const auto seen, member.node->observe_now({hba_probe()}, context.cancel()));
        if (has_lines(seen.text(render::kHbaFile), cluster)) continue;
        TRY_VOID(context.begin_changes());
        TRY_VOID(write_lines(cluster, upstream, member, upstream_hba_lines(cluster), context.cancel()));
        wrote = true;
    }
    return wrote;
}

Status patch_slot(const Members& members, const std::string& slot, const json& value, const Cancel& cancel) {
    TRY(const Reached leader, members.leader(cancel));
    TRY(const auto patroni, members.patroni_with_login(leader, cancel));
    TRY_VOID(patroni.patch_config({{"slots", {{slot, value}}}}, cancel));
    return {};
}

// Patroni makes it in its next loop.
Status wait_for_slot(const PgCluster& upstream, const Members& members, const std::string& slot, StepContext& context) {
    const std::string ask =
        local_psql(upstream.port) + " -c " +
        shell_quote("SELECT count(*) FROM pg_replication_slots WHERE slot_name = " + sql_literal(slot)) + "\n";
    return context.wait_for(
        {.fact = "the leader of " + upstream.name + " keeps the slot " + slot,
         .stall_timeout = std::chrono::seconds(90),
         .interval = std::chrono::milliseconds(300)},
        [&]() -> Result<converge::Look> {
            TRY(const Reached leader, members.leader(context.cancel()));
            TRY(const auto results,
                leader.node->request({node::RunScript{.text = ask, .writes = false}}, context.cancel()));
            return converge::Look{.reached = trimmed(results.back().out) == "1", .moved = leader.name};
        });
}

Result<bool> ensure_slot(const PgCluster& cluster, const PgCluster& upstream, const Members& members,
                         StepContext& context) {
    const std::string slot = standby_slot(cluster.name);
    TRY(const json configuration, members.configuration(context.cancel()));
    const bool is_missing = !has_slot(configuration, slot);
    if (is_missing) {
        TRY_VOID(context.begin_changes());
        TRY_VOID(patch_slot(members, slot, wanted_slot(), context.cancel()));
    }
    TRY_VOID(wait_for_slot(upstream, members, slot, context));
    return is_missing;
}

// A standby cluster has its upstream's roles, so Patroni there logs in, here and there, with the upstream's password.
Result<bool> ensure_login(const PgCluster& cluster, const PgCluster& upstream, const Members& members,
                          StepContext& context) {
    std::optional<Secret> password;
    for (const Reached& member : members.all()) {
        TRY(const auto secrets,
            node::read_secrets(*member.node, secret_scope(upstream), {kReplicationSecret}, context.cancel()));
        if (const auto found = secrets.find(kReplicationSecret); found != secrets.end()) password = found->second.value;
        if (password) break;
    }
    if (!password)
        return fail(Error{
            .code = ErrorCode::failed,
            .message = "expected the replication password of " + upstream.name + " on one of its members, found none"}
                        .with_hint("an apply of " + upstream.name + " puts it back"));
    std::vector<node::NodePtr> without;
    for (const auto& site : context.sites()) {
        TRY(const auto secrets,
            node::read_secrets(*site->node, secret_scope(cluster), {kReplicationSecret}, context.cancel()));
        const auto found = secrets.find(kReplicationSecret);
        if (found == secrets.end() || !(found->second.value == *password)) without.push_back(site->node);
    }
    if (without.empty()) return false;
    TRY_VOID(context.begin_changes());
    TRY_VOID(node::store_secrets(without, secret_scope(cluster),
                                 {{kReplicationSecret, node::StoredSecret{.value = *password}}}, context.cancel()));
    return true;
}

}  // namespace

std::vector<std::string> upstream_hba_lines(const PgCluster& cluster) {
    std::vector<std::string> lines;
    for (const auto& [number, instance] : cluster.instances)
        lines.push_back(
            item::guest_line(fmt::format("{:8} {:<16} {:<16} {:<20} scram-sha-256", cluster.ssl ? "hostssl" : "host",
                                         "replication,postgres", "replicator", instance.node.address + "/32"),
                             guest_of(cluster)));
    return lines;
}

std::string upstream_key(const PgCluster& cluster) { return cluster.name + " upstream"; }

std::string upstream_text(const PgCluster& cluster) {
    return cluster.standby->upstream.name + "\n" + standby_slot(cluster.name) + "\n" +
           as_text(upstream_hba_lines(cluster));
}

Result<UpstreamLook> look_at_upstream(const PgCluster& cluster, Sessions& sessions, const Cancel& cancel) {
    const Connection& upstream = cluster.standby->upstream;
    UpstreamLook look;
    const auto silent = [&](const Error& error) {
        look.silent.push_back(summary(error));
        return look;
    };
    const auto session = sessions.of(upstream, cancel);
    TRY_VOID(cancel.check("looking at " + upstream.name));
    if (!session) return silent(session.error());
    const auto members = (*session)->members(cancel);
    TRY_VOID(cancel.check("looking at " + upstream.name));
    if (!members) return silent(members.error());
    for (const std::string& name : silent_members((*session)->cluster(), *members))
        look.silent.push_back(name + " does not answer");
    for (const Reached& member : members->all()) {
        TRY(const auto seen, member.node->observe({hba_probe()}, cancel));
        if (!has_lines(seen.text(render::kHbaFile), cluster))
            look.sentences.push_back(head_of(cluster) + member.name + " " + render::kHbaFile + " lacks its lines");
    }
    const auto configuration = members->configuration(cancel);
    TRY_VOID(cancel.check("looking at " + upstream.name));
    if (!configuration) return silent(configuration.error());
    const std::string slot = standby_slot(cluster.name);
    if (!has_slot(*configuration, slot))
        look.sentences.push_back(head_of(cluster) + upstream.name + " keeps no slot " + slot);
    return look;
}

bool is_about_upstream(const PgCluster& cluster, const std::vector<std::string>& drift) {
    return std::ranges::any_of(drift,
                               [&](const std::string& sentence) { return sentence.starts_with(head_of(cluster)); });
}

Status join_upstream(const PgCluster& cluster, const Ways& ways, Site& site, StepContext& context) {
    TRY(const auto session, ways.sessions->of(cluster.standby->upstream, context.cancel()));
    TRY(const Members members, session->members(context.cancel()));
    const PgCluster& upstream = session->cluster();
    for (const std::string& name : silent_members(upstream, members))
        context.warn(name + " does not answer: it lets " + cluster.name + " in when an apply has reached it");
    TRY(const bool login, ensure_login(cluster, upstream, members, context));
    TRY(const bool lines, ensure_lines(cluster, upstream, members, context));
    TRY(const bool slot, ensure_slot(cluster, upstream, members, context));
    if (login || lines || slot) context.changed_something(site);
    return {};
}

Status leave_upstream(const PgCluster& cluster, const Ways& ways, StepContext& context) {
    const Connection& where = cluster.standby->upstream;
    const std::string slot = standby_slot(cluster.name);
    const auto stays = [&](const std::string& what, const Error& error) {
        context.warn(where.name + " was not told that " + cluster.name + " does not follow it any more: " + what +
                     " there (" + summary(error) + ")");
    };
    const std::string all = "the slot " + slot + ", which keeps WAL, and its lines in " + render::kHbaFile + " stay";
    const auto session = ways.sessions->find(where, context.cancel());
    TRY_VOID(context.cancel().check("leaving " + where.name));
    if (!session) {
        stays(all, session.error());
        return {};
    }
    if (*session == nullptr) return {};  // it is gone, with all that was there
    const auto members = (*session)->members(context.cancel());
    if (!members) {
        stays(all, members.error());
        return {};
    }
    TRY_VOID(context.begin_changes());
    for (const Reached& member : members->all()) {
        TRY(const auto seen, member.node->observe_now({hba_probe()}, context.cancel()));
        const auto text = seen.text(render::kHbaFile);
        if (!text || item::lines_of_guest(*text, guest_of(cluster)).empty()) continue;
        if (const auto done = write_lines(cluster, (*session)->cluster(), member, {}, context.cancel()); !done)
            stays("its lines in " + std::string(render::kHbaFile) + " of " + member.name + " stay", done.error());
    }
    for (const std::string& name : silent_members((*session)->cluster(), *members))
        context.warn(name + " does not answer: the lines of " + cluster.name + " stay in its " + render::kHbaFile);
    const auto configuration = members->configuration(context.cancel());
    if (configuration && !configuration->contains(json::json_pointer("/slots/" + slot))) return {};
    if (const auto done = patch_slot(*members, slot, nullptr, context.cancel()); !done)
        stays("the slot " + slot + ", which keeps WAL, stays", done.error());
    return {};
}

}  // namespace pigsty::module::pgsql
