#include "core/module/pgsql/backup/steps.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/module/pgsql/backup/command.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/layout.h"

namespace pigsty::module::pgsql {
namespace {

using converge::Site;
using converge::StepContext;

constexpr std::chrono::seconds kStanzaBound{120};
// After a repository was gone, the archiver tries again within a minute, and what pushed meanwhile has to give up first.
constexpr std::chrono::seconds kCheckBound{170};
constexpr const char* kArchiveBound = "110";  // pgBackRest's own, below ours, so that it is the one that tells

Status refuse_another_cluster(const PgCluster& cluster, const Reached& member, const BackupInformation& seen,
                              StepContext& context) {
    const std::string ours = known_identifier(context.sites());
    if (ours.empty() || seen.system_identifiers.empty() ||
        std::ranges::find(seen.system_identifiers, ours) != seen.system_identifiers.end())
        return {};
    Error error = error_of_backup(cluster, member.name, trouble_in("do not match the database", *cluster.backup));
    error.message += fmt::format(" (its system identifier is {}, ours {})", seen.system_identifiers.back(), ours);
    return fail(std::move(error));
}

// True where it was made.
Result<bool> ensure_stanza(const PgCluster& cluster, const Reached& member, bool leads, StepContext& context) {
    TRY(const BackupInformation seen, ask_information(cluster, *member.node, context.cancel()));
    TRY_VOID(refuse_another_cluster(cluster, member, seen, context));
    if (seen.is_readable()) return false;
    if (seen.trouble.kind != TroubleKind::no_stanza) return fail(error_of_backup(cluster, member.name, seen.trouble));
    TRY_VOID(context.begin_changes());
    TRY(const Trouble trouble,
        run_backrest(cluster, *member.node,
                     {.arguments = leads ? "stanza-create" : "--no-online stanza-create", .within = kStanzaBound},
                     context.cancel()));
    if (trouble.kind != TroubleKind::none) return fail(error_of_backup(cluster, member.name, trouble));
    return true;
}

// The archiver runs in PostgreSQL, and what it meets is in PostgreSQL's log: the lines that pgBackRest printed there last.
std::string archiver_says(node::Node& node, const Cancel& cancel) {
    const std::string script = fmt::format(
        "cat /pg/spool/archive/*/out/*.error 2>/dev/null | tail -n 20\n"
        "ls -t {0}/* 2>/dev/null | head -n 2 | while read -r log; do tail -n 200 \"$log\" | grep -a -A 6 'ERROR: \\[' "
        "| "
        "tail -n 8; done | LC_ALL=C tr -cd '\\11\\12\\40-\\176'\n",
        render::kPostgresLogDir);
    const auto results = node.request({node::RunScript{.text = script, .may_fail = true, .writes = false}}, cancel);
    return results && !results->empty() ? results->back().out : std::string();
}

Status check(const PgCluster& cluster, const Reached& leader, StepContext& context) {
    TRY_VOID(context.begin_changes());
    TRY(Trouble trouble,
        run_backrest(cluster, *leader.node,
                     {.arguments = std::string("--archive-timeout=") + kArchiveBound + " check", .within = kCheckBound},
                     context.cancel()));
    if (trouble.kind == TroubleKind::none) return {};
    std::string said;
    if (trouble.kind == TroubleKind::not_archived) {
        said = archiver_says(*leader.node, context.cancel());
        const Trouble cause = trouble_in(said, *cluster.backup);
        if (cause.kind != TroubleKind::none && cause.kind != TroubleKind::other) trouble = cause;
    }
    Error error = error_of_backup(cluster, leader.name, trouble);
    return fail(std::move(error.with_output(said)));
}

bool has_full(const BackupInformation& seen) {
    return std::ranges::find(seen.sets, "full", &BackupSet::type) != seen.sets.end();
}

Status wait_for_other_backup(const PgCluster& cluster, const Reached& leader, StepContext& context) {
    return context.wait_for({.fact = "the backup of " + cluster.name + " that runs already has ended",
                             .node = leader.node,
                             .stall_timeout = std::chrono::minutes(15),
                             .interval = std::chrono::seconds(2)},
                            [&]() -> Result<converge::Look> {
                                TRY(const auto seen, ask_information(cluster, *leader.node, context.cancel()));
                                return converge::Look{.reached = seen.is_readable() && !seen.is_running,
                                                      .moved = std::to_string(seen.done_bytes)};
                            });
}

Status make_first_backup(const PgCluster& cluster, const Reached& leader, bool anew, Site& site, StepContext& context) {
    const auto begun = Cancel::Clock::now();
    const auto is_enough = [&](const BackupInformation& seen) { return !anew && has_full(seen); };
    TRY(const bool made, make_full_backup(cluster, leader, is_enough, context));
    if (!made) return {};
    context.changed_something(site);
    context.report(site, "full backup of " + cluster.name, begun);
    return {};
}

}  // namespace

Error error_of_backup(const PgCluster& cluster, const std::string& member, const Trouble& trouble) {
    Error error = error_of(trouble);
    error.message = "backups of " + cluster.name + ": " + error.message;
    return std::move(error.at_host(member));
}

Result<bool> make_full_backup(const PgCluster& cluster, const Reached& leader,
                              const std::function<bool(const BackupInformation&)>& is_enough, StepContext& context) {
    const Backrest full{.arguments = "--type=full backup", .within = {}};
    TRY(BackupInformation seen, ask_information(cluster, *leader.node, context.cancel()));
    if (is_enough(seen)) return false;
    TRY(Trouble trouble, run_backrest(cluster, *leader.node, full, context.cancel()));
    if (trouble.kind == TroubleKind::busy) {
        TRY_VOID(wait_for_other_backup(cluster, leader, context));
        TRY(seen, ask_information(cluster, *leader.node, context.cancel()));
        if (is_enough(seen)) return false;
        TRY(trouble, run_backrest(cluster, *leader.node, full, context.cancel()));
    }
    if (trouble.kind != TroubleKind::none) return fail(error_of_backup(cluster, leader.name, trouble));
    return true;
}

Status ensure_stanzas(const PgCluster& cluster, const Members& members, Stanzas which, Site& site,
                      StepContext& context) {
    TRY(const Reached leader, members.leader(context.cancel()));
    TRY(bool made, ensure_stanza(cluster, leader, true, context));
    if (which == Stanzas::of_all && !is_remote(*cluster.backup)) {
        for (const Reached& member : members.all()) {
            if (member.name == leader.name) continue;
            TRY(const bool one, ensure_stanza(cluster, member, false, context));
            made = made || one;
        }
    }
    if (made) context.changed_something(site);
    return {};
}

Status prove_backups(const PgCluster& cluster, const Members& members, bool anew, Site& site, StepContext& context) {
    TRY(const Reached leader, members.leader(context.cancel()));
    TRY_VOID(check(cluster, leader, context));
    if (!cluster.backup->initial) return {};
    return make_first_backup(cluster, leader, anew, site, context);
}

}  // namespace pigsty::module::pgsql
