#include "core/module/pgsql/session/dcs_login.h"

#include <algorithm>

#include "core/base/quote.h"
#include "core/item/reservation.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/secrets.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::string_view kRefused = " etcd login: its user cannot log in";
constexpr std::string_view kNoRole = " etcd login: its user lacks its role";
constexpr std::string_view kNoPermission = " etcd login: its role may not read and write its keys";

// sh: a group looks at the others' keys, too; without that permission it has too few.
std::string reads_its_shard(const PgCluster& cluster) {
    if (!cluster.citus) return {};
    return "  printf '%s\\n' \"$said\" | grep -qF " + shell_quote("(prefix " + dcs_scope_prefix(cluster) + ")") +
           " || own=0\n";
}

std::string sentence(const PgCluster& cluster, std::string_view rest) { return cluster.name + std::string(rest); }

}  // namespace

item::ItemPtr dcs_login_item(const PgCluster& cluster) {
    return std::make_shared<item::ReservationItem>("etcd login", node::Probes{dcs_login_probe(cluster)});
}

// The password is on no command line.
std::string dcs_environment(const PgCluster& cluster) {
    std::string endpoints;
    for (const std::string& endpoint : cluster.dcs.endpoints) endpoints += (endpoints.empty() ? "" : ",") + endpoint;
    const std::string secret = node::secrets_folder(secret_scope(cluster)) + "/" + kEtcdSecret;
    return "command -v etcdctl >/dev/null || exit 0\nsecret=" + shell_quote(secret) +
           "\n[ -e \"$secret\" ] || exit 0\n" + "export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=" + shell_quote(endpoints) +
           " ETCDCTL_CACERT=" + render::kCaCertificate + " ETCDCTL_CERT=" + render::kEtcdCertificate +
           " ETCDCTL_KEY=" + render::kEtcdKey + "\nETCDCTL_USER=" + shell_quote(cluster.name) +
           "\nETCDCTL_PASSWORD=$(tail -n +2 \"$secret\")\nexport ETCDCTL_USER ETCDCTL_PASSWORD\n";
}

// A user may read a role that is granted to him, so one question answers them all.
node::Probe dcs_login_probe(const PgCluster& cluster) {
    return {node::ProbeKind::command,
            dcs_environment(cluster) +
                "if said=$(etcdctl --dial-timeout=5s --command-timeout=5s role get -- \"$ETCDCTL_USER\" 2>&1); then\n" +
                "  own=$(printf '%s\\n' \"$said\" | grep -cF " + shell_quote("(prefix " + dcs_prefix(cluster) + ")") +
                ")\n" + reads_its_shard(cluster) + "  printf 'permissions %s\\n' \"$own\"\nelse\n" +
                "  printf 'error %s\\n' \"$(printf '%s' \"$said\" | tail -n 1)\"\nfi\n"};
}

std::string dcs_login_member(const PgCluster& cluster) {
    return cluster.instances.empty() ? std::string() : cluster.instances.begin()->first;
}

DcsLogin dcs_login(std::string_view look) {
    // Twice: to read and to write.
    if (look.starts_with("permissions "))
        return look.starts_with("permissions 2") ? DcsLogin::works : DcsLogin::no_permission;
    if (!look.starts_with("error ")) return DcsLogin::unknown;
    const auto says = [look](std::string_view words) { return look.find(words) != std::string_view::npos; };
    if (says("authentication failed") || says("user name not found")) return DcsLogin::refused;
    if (says("permission denied")) return DcsLogin::no_role;
    if (says("not enabled")) return DcsLogin::unknown;
    if (says("deadline exceeded") || says("timed out") || says("no leader") || says("connection refused"))
        return DcsLogin::silent;
    return DcsLogin::unknown;
}

std::vector<std::string> dcs_login_drift(const PgCluster& cluster, DcsLogin login) {
    switch (login) {
        case DcsLogin::refused: return {sentence(cluster, kRefused)};
        case DcsLogin::no_role: return {sentence(cluster, kNoRole)};
        case DcsLogin::no_permission: return {sentence(cluster, kNoPermission)};
        default: return {};
    }
}

bool repairs_dcs_login(const PgCluster& cluster, const std::vector<std::string>& drift) {
    return std::ranges::any_of(
        drift, [&](const std::string& said) { return said.starts_with(cluster.name + " etcd login: "); });
}

Error with_dcs_cause(Error error, const PgCluster& cluster, node::Node& node, const Cancel& cancel) {
    const node::Probe probe = dcs_login_probe(cluster);
    const auto seen = node.observe_now({probe}, cancel);
    if (!seen || dcs_login(seen->command(probe.key)) != DcsLogin::silent) return error;
    error.message +=
        ": etcd cluster " + cluster.dcs.name + " answers nobody, and without it Patroni lets no member lead";
    error.output += seen->command(probe.key);
    return std::move(
        error.with_hint("a majority of etcd's members must run: an apply of pigsty_etcd_cluster starts them; "
                        "else see `journalctl -u etcd` there"));
}

}  // namespace pigsty::module::pgsql
