// What a refresh sees of backups: drift that an apply repairs, and what it cannot repair, for a warning. Asked on the members
// together with everything else of their nodes: the repository on the first one, where it is one for all, the archiver on each.
//
//     const BackupLook look = read_look(seen.command(backup_probe(cluster, number).key), *cluster.backup);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/converge/step.h"
#include "core/item/item.h"
#include "core/module/pgsql/backup/information.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

struct BackupLook {
    bool asked = false;  // pgBackRest and its configuration are there
    std::optional<BackupInformation> information{};
    std::optional<Archiver> archiver{};  // of the leader alone
    std::int64_t now = 0;                // by the member's own clock
};

// `asks_repository`: the members whose claim holds the question.
node::Probe backup_probe(const PgCluster& cluster, bool asks_repository);
bool asks_repository(const PgCluster& cluster, std::string_view number);
item::ItemPtr backup_look_item(const PgCluster& cluster, std::string_view number);
BackupLook read_look(std::string_view said, const Backup& backup);

struct MemberLook {
    std::string member;  // "pg-test-2"
    BackupLook look;
};
// "pg-test backup: the repository holds no stanza"; where each member has a repository, the member's name leads.
std::vector<std::string> backup_drift(const PgCluster& cluster, const std::vector<MemberLook>& looks);
// Sentences for one warning.
std::vector<std::string> backup_warnings(const PgCluster& cluster, const std::vector<MemberLook>& looks);

// Drift for as long as a claim says so: where an update has put `archive_command` right and ended before it came to the full
// backup that WAL goes on from.
inline constexpr const char* kArchiveGap = "archive_gap";
std::string gap_sentence(const PgCluster& cluster);
bool is_about_gap(const std::string& sentence);

bool is_about_backups(const std::string& sentence);
// The repository does not know the key that the members have.
bool is_about_key(const std::string& sentence);

}  // namespace pigsty::module::pgsql
