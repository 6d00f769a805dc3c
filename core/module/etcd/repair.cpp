#include "core/module/etcd/repair.h"

#include <algorithm>

#include "core/base/quote.h"
#include "core/client/etcd.h"
#include "core/module/etcd/administration.h"
#include "core/module/etcd/table.h"
#include "core/render/etcd.h"

namespace pigsty::module::etcd {
namespace {

using converge::Look;
using converge::Site;
using converge::StepContext;

std::string endpoint_of(const EtcdCluster& cluster, const Site& site) {
    return render::etcd_endpoint(site.member.address.address, cluster.port);
}

bool is_lost(const Repairs& repairs, const Site& site) { return repairs.lost.contains(site.member.name); }

constexpr const char* kDisasterRecovery =
    "etcd cannot come back by itself: restore a snapshot on all members (etcdctl snapshot restore), or, where one "
    "member has "
    "its data, start that one once with `force-new-cluster: true` in /etc/etcd/etcd.conf and apply again, which adds "
    "the "
    "others anew";

// Starts etcd once as one that joins: what it reads of that is of no use after its first start, so the file on the node
// stays as it is. The drop-in goes as soon as etcd has read it, which is when there is a write-ahead log.
std::string join_script(const EtcdCluster& cluster) {
    return "set -e\ndata=" + shell_quote(cluster.data_dir) + "\nconf=" + render::kEtcdConf + R"sh(
unit=etcd.service
drop_in=/run/systemd/system/$unit.d
has_log() { for log in "$data"/member/wal/*.wal; do [ ! -e "$log" ] || return 0; done; return 1; }
if has_log; then
  echo "expected no write-ahead log in $data/member/wal, found one: its data is back" >&2
  exit 1
fi
forget() {
  rm -rf -- "$drop_in" /run/etcd-join.conf
  systemctl daemon-reload
}
trap forget EXIT
systemctl stop "$unit"
rm -rf -- "${data:?}/member"
sed 's/^initial-cluster-state: .*/initial-cluster-state: existing/' "$conf" >/run/etcd-join.conf
chmod 0644 /run/etcd-join.conf
mkdir -p "$drop_in"
printf '[Service]\nExecStart=\nExecStart=/usr/bin/etcd --config-file /run/etcd-join.conf\n' >"$drop_in/join.conf"
systemctl daemon-reload
systemctl reset-failed "$unit" 2>/dev/null || true
systemctl start --no-block "$unit"
left=60
until has_log; do
  left=$((left - 1))
  if [ "$left" -le 0 ]; then
    journalctl --unit="$unit" --lines=20 --no-pager --output=cat >&2
    echo "etcd did not begin to copy the others' data within 30 s" >&2
    exit 1
  fi
  sleep 0.5
done
)sh";
}

Status replace_member(const EtcdCluster& cluster, Site& lost, Site& by, StepContext& context) {
    const auto begun = Cancel::Clock::now();
    TRY_VOID(context.begin_changes());
    // It serves nobody; stopped, it cannot be what makes the others' quorum.
    TRY_VOID(context.request(lost, {node::RunScript{.text = "systemctl stop etcd.service\n"}}));
    TRY(const Secret password, root_password(cluster.name, *by.node, context.cancel()));
    const client::Etcd etcd({.node = by.node, .endpoints = {endpoint_of(cluster, by)}, .root_password = password});
    TRY(const auto reads, etcd.healthy(context.cancel()));
    if (reads.empty()) {
        return fail(Error{.code = ErrorCode::failed,
                          .message = "the data of " + lost.member.name +
                                     " is gone, and the others have no quorum without it: nothing was removed"}
                        .at_host(lost.member.name)
                        .with_hint(kDisasterRecovery));
    }
    const std::string peer_url = render::etcd_endpoint(lost.member.address.address, cluster.peer_port);
    TRY(const auto members, etcd.members(context.cancel()));
    bool is_added = false;
    for (const client::EtcdMember& member : members) {
        if (std::ranges::find(member.peer_urls, peer_url) == member.peer_urls.end()) continue;
        // Added by a run that did not come to start it.
        is_added = member.name.empty();
        if (!is_added) TRY_VOID(etcd.remove_member(member.id, context.cancel()));
    }
    if (!is_added) TRY_VOID(etcd.add_member(lost.member.name, peer_url, context.cancel()));
    TRY_VOID(context.request(lost, {node::RunScript{.text = join_script(cluster)}}));
    const client::Etcd own({.node = lost.node, .endpoints = {endpoint_of(cluster, lost)}});
    TRY_VOID(context.wait_for(
        {.fact = lost.member.name + " has copied the data of " + cluster.name,
         .node = lost.node,
         .unit = "etcd.service"},
        [&]() -> Result<Look> {
            TRY(const auto answers, own.healthy(context.cancel()));
            TRY(const auto size,
                lost.node->request({node::RunScript{.text = "du -sb " + shell_quote(cluster.data_dir) + " | cut -f1\n",
                                                    .may_fail = true,
                                                    .writes = false}},
                                   context.cancel()));
            return Look{.reached = !answers.empty(), .moved = size.back().out};
        }));
    context.changed_something(lost);
    context.report(lost, "etcd member added anew", begun);
    return {};
}

}  // namespace

Status wait_for_quorum(const EtcdCluster& cluster, const Repairs& repairs, Site& site, StepContext& context) {
    std::vector<std::string> endpoints;
    for (const auto& other : context.sites())
        if (!is_lost(repairs, *other)) endpoints.push_back(endpoint_of(cluster, *other));
    const std::size_t all = cluster.members.size();
    if (endpoints.size() < all / 2 + 1) {
        return fail(Error{.code = ErrorCode::failed,
                          .message = "etcd cluster " + cluster.name + " has no quorum: " + std::to_string(all / 2 + 1) +
                                     " of its " + std::to_string(all) + " members are needed, " +
                                     std::to_string(endpoints.size()) +
                                     (endpoints.size() == 1 ? " answers and has" : " answer and have") + " data"}
                        .with_hint(repairs.lost.empty() ? "bring the machines back that do not answer and apply again"
                                                        : kDisasterRecovery));
    }
    const client::Etcd etcd({.node = site.node, .endpoints = endpoints});
    const std::string who = endpoints.size() == all ? "all " + std::to_string(all) + " members of " + cluster.name
                                                    : std::to_string(endpoints.size()) + " members of " + cluster.name;
    return context.wait_for({.fact = who + " answer", .node = site.node, .unit = "etcd.service"},
                            [&]() -> Result<Look> {
                                TRY(const auto healthy, etcd.healthy(context.cancel()));
                                return Look{.reached = healthy.size() == endpoints.size(),
                                            .moved = std::to_string(healthy.size()) + " answer"};
                            });
}

Status switch_authentication_on(const EtcdCluster& cluster, Site& site, StepContext& context) {
    TRY_VOID(context.begin_changes());
    TRY_VOID(ensure_root_password(cluster.name, context));
    TRY(const Secret password, root_password(cluster.name, *site.node, context.cancel()));
    const client::Etcd etcd(
        {.node = site.node, .endpoints = access_of(cluster, "").endpoints, .root_password = password});
    TRY_VOID(etcd.enable_authentication(context.cancel()));
    context.changed_something(site);
    return {};
}

Status replace_lost_members(const EtcdCluster& cluster, const Repairs& repairs, StepContext& context) {
    const auto keeper =
        std::ranges::find_if(context.sites(), [&](const auto& site) { return !is_lost(repairs, *site); });
    for (const auto& site : context.sites()) {
        if (!is_lost(repairs, *site)) continue;
        // Somebody may have brought it back, or a run that was killed.
        TRY(const auto seen, site->node->observe_now({condition_probe(cluster)}, context.cancel()));
        if (member_condition(seen.command(condition_probe(cluster).key)).has_data) continue;
        if (keeper == context.sites().end())
            return fail(
                Error{.code = ErrorCode::failed, .message = "no member of " + cluster.name + " has its data"}.with_hint(
                    kDisasterRecovery));
        TRY_VOID(replace_member(cluster, *site, **keeper, context));
    }
    return {};
}

Status clear_alarms(const EtcdCluster& cluster, const Repairs& repairs, Site& site, StepContext& context) {
    if (repairs.corrupt) {
        return fail(
            Error{.code = ErrorCode::failed,
                  .message = "etcd cluster " + cluster.name + " has the alarm CORRUPT: its members' data differ"}
                .with_hint("find the member that differs (etcdctl endpoint hashkv on each), empty the folder " +
                           cluster.data_dir + "/member on it and apply again: it is added anew"));
    }
    const auto begun = Cancel::Clock::now();
    TRY(const Secret password, root_password(cluster.name, *site.node, context.cancel()));
    const client::Etcd etcd(
        {.node = site.node, .endpoints = access_of(cluster, "").endpoints, .root_password = password});
    TRY(auto seen, etcd.status(context.cancel()));
    const auto has_alarm = [](const client::EtcdStatus& status) { return status.alarms.contains("NOSPACE"); };
    if (std::ranges::none_of(seen, has_alarm)) return {};
    TRY_VOID(context.begin_changes());
    // The leader last: what it answers to waits least.
    std::ranges::stable_partition(seen,
                                  [](const client::EtcdStatus& status) { return status.leader != status.member; });
    std::vector<std::string> endpoints;
    std::uint64_t revision = 0;
    for (const client::EtcdStatus& status : seen) {
        endpoints.push_back(status.endpoint);
        revision = std::max(revision, status.revision);
    }
    TRY_VOID(etcd.compact(revision, endpoints, context.cancel()));
    TRY(const auto after, etcd.status(context.cancel()));
    const auto quota = static_cast<std::uint64_t>(cluster.quota_backend_bytes.value_or(kDefaultQuotaBackendBytes));
    for (const client::EtcdStatus& status : after) {
        if (status.db_size < quota) continue;
        return fail(Error{.code = ErrorCode::failed,
                          .message = "the database of etcd cluster " + cluster.name + " has " +
                                     std::to_string(status.db_size) +
                                     " bytes without any history, and quota_backend_bytes is " + std::to_string(quota)}
                        .with_hint("raise quota_backend_bytes, or delete keys (etcdctl del), and apply again"));
    }
    TRY_VOID(etcd.disarm_alarms(context.cancel()));
    context.changed_something(site);
    context.report(site, "etcd compacted, defragmented, alarm disarmed", begun);
    return {};
}

}  // namespace pigsty::module::etcd
