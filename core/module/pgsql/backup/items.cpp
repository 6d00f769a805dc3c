#include "core/module/pgsql/backup/items.h"

#include "core/base/quote.h"
#include "core/item/cron_file.h"
#include "core/item/hosts_block.h"
#include "core/item/owner.h"
#include "core/module/pgsql/backup/files.h"
#include "core/module/pgsql/backup/look.h"
#include "core/module/pgsql/spec/layout.h"

namespace pigsty::module::pgsql {
namespace {

constexpr const char* kAccount = "postgres";

// An option that pgBackRest does not have, it leaves out with a warning and goes on.
std::string check_of(const PgCluster& cluster) {
    return "said=$(timeout 30 runuser -u postgres -- pgbackrest --config=\"$FILE\" --stanza=" +
           shell_quote(cluster.name) +
           " --log-level-console=off --log-level-stderr=off --output=json info </dev/null 2>&1 | grep -a -m 1 -E "
           "\"invalid option|P00 +ERROR\" | LC_ALL=C tr -cd '\\40-\\176')\n"
           "[ -z \"$said\" ] || { echo \"${said#*: }\"; exit 1; }\n";
}

// The authorities of stores that are not ours.
item::Items authority_items(const PgCluster& cluster) {
    item::Items items;
    const auto add = [&](const std::optional<ForeignS3>& s3, const char* path) {
        if (s3 && s3->ca) items.push_back(item::Owner("root").file({.path = path, .content = *s3->ca}));
    };
    if (cluster.backup) add(cluster.backup->s3, kStoreAuthority);
    if (cluster.restore_from) add(cluster.restore_from->s3, kRestoreAuthority);
    return items;
}

}  // namespace

std::set<std::string> backup_packages(const PgCluster& cluster) {
    if (!cluster.backup) return cluster.restore_from ? std::set<std::string>{"pgbackrest"} : std::set<std::string>();
    std::set<std::string> packages{"pgbackrest"};
    if (!schedules_of(*cluster.backup).empty()) packages.insert("cron");
    return packages;
}

item::Items backup_items(const PgCluster& cluster, const converge::Member& member) {
    item::Items items = authority_items(cluster);
    if (cluster.backup || !items.empty())
        items.insert(items.begin(), item::Owner("root").folder(kBackrestFolder, 0755));
    if (auto lines = repository_hosts(cluster); !lines.empty())
        items.push_back(std::make_shared<item::HostsBlockItem>(
            item::HostsBlockSpec{.owner = std::string(kKind) + " " + cluster.name, .lines = std::move(lines)}));
    if (!cluster.backup) return items;
    const Backup& backup = *cluster.backup;
    const item::Owner postgres(kAccount);
    items.push_back(postgres.folder(cluster_folder(cluster) + "/log/pgbackrest", 0750, true));
    if (!is_remote(backup)) {
        const std::string path = path_of(backup);
        // Below /pg it is in the cluster's folder, which /pg only leads to.
        const bool is_ours = path == kLocalRepository;
        items.push_back(postgres.folder(is_ours ? cluster_folder(cluster) + "/backup" : path, 0750));
    }
    // Kept as one with secrets even where it holds none: what is compared stays the same when a repository moves.
    items.push_back(
        std::make_shared<item::FileItem>(item::FileSpec{.path = kBackrestConf,
                                                        .content = backrest_conf(cluster),
                                                        .group = kAccount,
                                                        .mode = 0640,
                                                        .secret_scope = secret_scope(cluster),
                                                        .check = backup.options.empty() ? "" : check_of(cluster)}));
    items.push_back(postgres.file({.path = kBackupProgram, .content = backup_program(cluster), .mode = 0755}));
    if (is_remote(backup))
        items.push_back(postgres.file({.path = kCloneProgram, .content = clone_program(cluster), .mode = 0755}));
    if (auto lines = schedule_lines(backup); !lines.empty())
        items.push_back(std::make_shared<item::CronFileItem>(
            item::CronFileSpec{.name = "pgbackrest-" + cluster.name, .lines = std::move(lines)}));
    items.push_back(backup_look_item(cluster, member.number));
    return items;
}

}  // namespace pigsty::module::pgsql
