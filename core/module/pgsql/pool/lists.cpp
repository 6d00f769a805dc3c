#include "core/module/pgsql/pool/lists.h"

#include <algorithm>
#include <set>
#include <span>
#include <sstream>

#include "core/module/pgsql/pool/list_scripts.h"
#include "core/node/lease.h"
#include "core/node/parallel.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::size_t kMembersAtATime = 32;

struct Written {
    Status status;
    bool is_refused = false;  // pgbouncer said no, and all is as it was
    bool has_written = false;
};

Error not_written(const Reached& member, const node::OperationResult& result) {
    return Error{.code = ErrorCode::failed, .message = "pgbouncer's lists cannot be put together"}
        .at_host(member.name)
        .with_output(result.err.empty() ? result.out : result.err)
        .with_hint("see `journalctl -u pgbouncer` there; the lists are as they were");
}

PoolCounters counted(std::string_view printed) {
    PoolCounters counters;
    std::istringstream lines{std::string(printed)};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("list ")) ++counters.list_writes;
        if (line == "reload") ++counters.reloads;
    }
    return counters;
}

// Where pgbouncer does not take it, the fragments come back as they were.
Written write_member(ClusterSession& session, const Reached& member, const Fragments& wanted, const FragmentsSeen& seen,
                     const Cancel& cancel) {
    std::set<std::string> all;
    std::set<std::string> differing;
    for (const auto& [path, text] : wanted) {
        all.insert(path);
        if (!seen.holds(path, text)) differing.insert(path);
    }
    if (differing.empty() && seen.owed.empty() && seen.stale.empty()) return {};
    std::vector<node::Operation> operations{node::RunScript{.text = keep_fragments_script(all, differing)}};
    for (const std::string& path : differing) {
        const auto& text = wanted.at(path);
        if (text)
            operations.emplace_back(node::PutFile{.path = path, .content = std::string(text->reveal()), .mode = 0600});
        else
            operations.emplace_back(node::RemoveFile{.path = path});
    }
    operations.emplace_back(node::RunScript{.text = assemble_lists_script()});
    const std::size_t asked = operations.size();
    operations.emplace_back(node::RunScript{.text = forget_fragments_script(differing)});
    const auto results = member.node->request(std::move(operations), cancel);
    if (!results) return {.status = std::unexpected(results.error())};
    if (results->size() >= asked) session.count(counted((*results)[asked - 1].out));
    if (results->size() > asked) return {.status = {}, .has_written = true};
    const bool is_refused = results->size() == asked && results->back().status == kListsRefused;
    const auto undone = member.node->request({node::RunScript{.text = put_back_fragments_script(differing)},
                                              node::RunScript{.text = assemble_lists_script(), .may_fail = true}},
                                             cancel);
    if (!undone) return {.status = std::unexpected(undone.error())};
    session.count(counted(undone->empty() ? "" : undone->back().out));
    return {.status = fail(not_written(member, results->back())), .is_refused = is_refused};
}

std::string silent_members(const PgCluster& cluster, const std::vector<Reached>& members) {
    std::string silent;
    for (const auto& [number, instance] : cluster.instances) {
        const std::string name = member_name(cluster, number);
        if (std::ranges::find(members, name, &Reached::name) == members.end())
            silent += (silent.empty() ? "" : ", ") + name;
    }
    return silent;
}

// The latest wish counts where two are of one path.
Fragments merged(std::span<PoolWish* const> batch) {
    Fragments all;
    for (const PoolWish* wish : batch)
        for (const auto& [path, text] : wish->fragments) all.insert_or_assign(path, text);
    return all;
}

Written write_members(ClusterSession& session, const std::vector<Reached>& members, const Fragments& wanted,
                      const Operation& operation, std::size_t others, const Cancel& cancel) {
    std::vector<node::LeaseWish> wishes;
    for (const Reached& member : members) wishes.push_back({.node = member.node, .probes = {fragments_probe()}});
    const std::string name = operation.name + (others == 0 ? "" : " and " + std::to_string(others) + " more");
    const auto leased = node::lease_all(std::move(wishes), name, operation.lock_timeout, cancel, kMembersAtATime);
    if (!leased) return {.status = std::unexpected(leased.error())};
    std::vector<Written> written(members.size());
    const Status status = node::first_failure(node::in_parallel(members.size(), kMembersAtATime, [&](std::size_t i) {
        const auto seen = fragments_seen(leased->seen.at(members[i].node->address().address));
        written[i] = write_member(session, members[i], wanted, seen, cancel);
        return written[i].status;
    }));
    return {.status = status, .is_refused = std::ranges::any_of(written, &Written::is_refused)};
}

std::vector<Status> write_batch(ClusterSession& session, const std::vector<Reached>& members,
                                std::span<PoolWish* const> batch, const Operation& operation, const Cancel& cancel) {
    const Written written = write_members(session, members, merged(batch), operation, batch.size() - 1, cancel);
    if (!written.is_refused || batch.size() == 1) return std::vector<Status>(batch.size(), written.status);
    // One of them is not to pgbouncer's liking: the others get in without it.
    auto statuses = write_batch(session, members, batch.first(batch.size() / 2), operation, cancel);
    const auto rest = write_batch(session, members, batch.subspan(batch.size() / 2), operation, cancel);
    statuses.insert(statuses.end(), rest.begin(), rest.end());
    return statuses;
}

}  // namespace

Status put_fragments(ClusterSession& session, const Fragments& wanted, const Operation& operation,
                     const Cancel& cancel) {
    const PgCluster& cluster = session.cluster();
    if (!cluster.pgbouncer.enabled) return {};
    const auto write = [&](const std::vector<PoolWish*>& batch) -> std::vector<Status> {
        const std::vector<Reached> members = session.reach_members(cancel);
        if (members.empty())
            return std::vector<Status>(
                batch.size(), Status(fail(ErrorCode::unreachable, "no machine of " + cluster.name + " answers")));
        if (const std::string silent = silent_members(cluster, members); !silent.empty()) {
            for (const PoolWish* wish : batch)
                if (wish->warnings != nullptr)
                    wish->warnings->push_back(
                        silent + " did not answer: pgbouncer's lists there are as they were until the next apply");
        }
        return write_batch(session, members, batch, operation, cancel);
    };
    return session.pool_queue().add({.fragments = wanted, .warnings = operation.warnings}, write, cancel);
}

Result<bool> put_member_fragments(ClusterSession& session, const Reached& member, const Fragments& wanted,
                                  const Cancel& cancel) {
    TRY(const auto seen, member.node->observe({fragments_probe()}, cancel));
    const Written written = write_member(session, member, wanted, fragments_seen(seen), cancel);
    if (!written.status) return std::unexpected(written.status.error());
    return written.has_written;
}

}  // namespace pigsty::module::pgsql
