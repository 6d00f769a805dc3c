#include "core/module/pgsql/backup/command.h"

#include <fmt/format.h>

#include "core/base/quote.h"
#include "core/module/pgsql/backup/files.h"

namespace pigsty::module::pgsql {
namespace {

// A backup of terabytes has no bound but that it works.
constexpr std::chrono::seconds kBackupStall{900};
constexpr int kOutOfTime = 124;  // of timeout(1)

// Its warnings come on standard output, its errors on standard error.
std::string backrest(const PgCluster& cluster, std::chrono::seconds within, const std::string& arguments) {
    const std::string bound = within.count() == 0 ? std::string() : fmt::format("timeout {} ", within.count());
    return bound + "runuser -u postgres -- pgbackrest --stanza=" + shell_quote(cluster.name) +
           " --log-level-console=off --log-level-stderr=warn " + arguments + " </dev/null";
}

}  // namespace

std::string information_script(const PgCluster& cluster) {
    return backrest(cluster, kInformationBound, "--io-timeout=2 --output=json info") +
           " 2>/dev/null | LC_ALL=C tr -cd '\\12\\40-\\176'\n";
}

Result<BackupInformation> ask_information(const PgCluster& cluster, node::Node& node, const Cancel& cancel) {
    TRY(const auto results,
        node.request({node::RunScript{.text = information_script(cluster), .may_fail = true, .writes = false}},
                     cancel));
    if (auto told = read_information(results.back().out, *cluster.backup)) return *std::move(told);
    BackupInformation silent;
    silent.trouble = trouble_in("timeout after", *cluster.backup);
    return silent;
}

Result<Trouble> run_backrest(const PgCluster& cluster, node::Node& node, const Backrest& command,
                             const Cancel& cancel) {
    const std::string script = "said=$(" + backrest(cluster, command.within, command.arguments) +
                               " 2>&1)\nstatus=$?\nprintf '%s\\n' \"$said\" | LC_ALL=C tr -cd "
                               "'\\11\\12\\40-\\176'\nexit $status\n";
    TRY(const auto results,
        node.request({node::RunScript{.text = script,
                                      .stall = command.within.count() == 0 ? kBackupStall
                                                                           : command.within + std::chrono::seconds(30),
                                      .may_fail = true}},
                     cancel));
    const node::OperationResult& result = results.back();
    if (result.status == 0) return Trouble{};
    Trouble trouble = trouble_in(result.out, *cluster.backup);
    // Whatever it said before, it went on trying until its time was up.
    if (trouble.kind == TroubleKind::none || (result.status == kOutOfTime && trouble.kind == TroubleKind::other))
        trouble = result.status == kOutOfTime ? trouble_in("timeout after", *cluster.backup)
                                              : Trouble{.kind = TroubleKind::other,
                                                        .message = fmt::format("pgbackrest {} ended with status {}",
                                                                               command.arguments, result.status)};
    return trouble;
}

}  // namespace pigsty::module::pgsql
