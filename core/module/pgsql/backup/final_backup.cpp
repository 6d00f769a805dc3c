#include "core/module/pgsql/backup/final_backup.h"

#include <algorithm>
#include <ranges>

#include "core/module/ca/signer.h"
#include "core/module/pgsql/backup/command.h"
#include "core/module/pgsql/backup/steps.h"
#include "core/module/pgsql/session/members.h"

namespace pigsty::module::pgsql {
namespace {

constexpr const char* kFinalBackup = "final_backup";  // a claim's fact

Result<std::string> last_full_backup(const PgCluster& cluster, const node::Connect& connect,
                                     converge::StepContext& context) {
    ca::Signer signer(cluster.ca, connect);
    TRY(const std::string ca_pem, signer.certificate_pem(context.cancel()));
    const Members members(cluster, reached(context.sites()), ca_pem);
    TRY(const Reached leader, members.leader(context.cancel()));
    // A repository that is not reached would hold pgBackRest for minutes.
    TRY(BackupInformation seen, ask_information(cluster, *leader.node, context.cancel()));
    if (!seen.is_readable()) return fail(error_of_backup(cluster, leader.name, seen.trouble));
    const auto never_enough = [](const BackupInformation&) { return false; };
    TRY_VOID(make_full_backup(cluster, leader, never_enough, context));
    TRY(seen, ask_information(cluster, *leader.node, context.cancel()));
    const auto newest_first = seen.sets | std::views::reverse;
    const auto full = std::ranges::find(newest_first, "full", &BackupSet::type);
    if (full == newest_first.end())
        return fail(Error{.code = ErrorCode::failed, .message = "the repository does not show it"});
    return full->label;
}

}  // namespace

converge::Act final_backup(const PgCluster& cluster, const node::Connect& connect) {
    return [cluster, connect](converge::Site& site, converge::StepContext& context) -> Status {
        const auto begun = Cancel::Clock::now();
        auto label = last_full_backup(cluster, connect, context);
        if (!label) {
            Error error = std::move(label).error();
            error.message = "no final backup of " + cluster.name + ": " + error.message;
            error.hint += std::string(error.hint.empty() ? "" : ". ") +
                          "Nothing was touched. To destroy the cluster without a final backup, set final_backup = "
                          "false, apply that, and destroy again";
            return fail(std::move(error));
        }
        context.report(site, "final backup " + *label + " of " + cluster.name, begun);
        site.claim->facts[kFinalBackup] = *label;
        return {};
    };
}

std::string final_backup_label(const std::vector<std::shared_ptr<converge::Site>>& sites) {
    for (const auto& site : sites)
        if (site->claim && site->claim->facts.is_object())
            if (std::string label = site->claim->facts.value(kFinalBackup, ""); !label.empty()) return label;
    return {};
}

}  // namespace pigsty::module::pgsql
