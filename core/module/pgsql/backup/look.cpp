#include "core/module/pgsql/backup/look.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

#include "core/base/number.h"
#include "core/base/quote.h"
#include "core/item/reservation.h"
#include "core/module/pgsql/backup/command.h"
#include "core/module/pgsql/backup/files.h"
#include "core/module/pgsql/spec/layout.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::string_view kSubject = " backup: ";
constexpr std::string_view kGap = "WAL went elsewhere since the last full backup";
constexpr std::string_view kRefusedKey = "the repository refuses the key of ";

bool is_repairable(const Trouble& trouble) {
    return trouble.kind == TroubleKind::no_stanza || trouble.kind == TroubleKind::refused_key;
}

// Whose repository it is.
std::string subject(const PgCluster& cluster, const MemberLook& look) {
    return is_remote(*cluster.backup) ? cluster.name : look.member;
}

}  // namespace

bool asks_repository(const PgCluster& cluster, std::string_view number) {
    return !is_remote(*cluster.backup) || (!cluster.instances.empty() && cluster.instances.begin()->first == number);
}

node::Probe backup_probe(const PgCluster& cluster, bool asks_repository) {
    std::string script = fmt::format(
        "command -v pgbackrest >/dev/null && [ -e {} ] || exit 0\necho \"now $(date +%s)\"\n", kBackrestConf);
    script += "printf 'archiver %s\\n' \"$(timeout 10 " + local_psql(cluster.port) + " -c " +
              shell_quote(kArchiverQuery) + " 2>/dev/null)\"\n";
    if (asks_repository) script += "echo information\n" + information_script(cluster);
    return {node::ProbeKind::command, std::move(script)};
}

item::ItemPtr backup_look_item(const PgCluster& cluster, std::string_view number) {
    return std::make_shared<item::ReservationItem>(
        "backups", node::Probes{backup_probe(cluster, asks_repository(cluster, number))});
}

BackupLook read_look(std::string_view said, const Backup& backup) {
    BackupLook look;
    std::istringstream lines{std::string(said)};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("now ")) {
            look.asked = true;
            look.now = number_in(line.substr(4)).value_or(0);
        } else if (line.starts_with("archiver ")) {
            look.archiver = read_archiver(std::string_view(line).substr(9));
        } else if (line == "information") {
            const std::string rest((std::istreambuf_iterator<char>(lines)), {});
            look.information = read_information(rest, backup);
            if (!look.information) {
                look.information.emplace();
                look.information->trouble = trouble_in("timeout after", backup);
            }
        }
    }
    return look;
}

std::vector<std::string> backup_drift(const PgCluster& cluster, const std::vector<MemberLook>& looks) {
    std::vector<std::string> sentences;
    for (const MemberLook& look : looks) {
        if (!look.look.information || !is_repairable(look.look.information->trouble)) continue;
        sentences.push_back(subject(cluster, look) + std::string(kSubject) + look.look.information->trouble.message);
    }
    return sentences;
}

std::vector<std::string> backup_warnings(const PgCluster& cluster, const std::vector<MemberLook>& looks) {
    std::vector<std::string> sentences;
    for (const MemberLook& look : looks) {
        if (look.look.information) {
            const Trouble& trouble = look.look.information->trouble;
            if (trouble.kind != TroubleKind::none && !is_repairable(trouble))
                sentences.push_back(subject(cluster, look) + ": " + trouble.message +
                                    (trouble.hint.empty() ? "" : " (" + trouble.hint + ")"));
        }
        if (look.look.archiver && look.look.archiver->is_failing)
            sentences.push_back(fmt::format("{} does not get its WAL into the repository: {} segments wait on its disk",
                                            look.member, look.look.archiver->waiting));
    }
    return sentences;
}

std::string gap_sentence(const PgCluster& cluster) { return cluster.name + std::string(kSubject) + std::string(kGap); }

bool is_about_gap(const std::string& sentence) { return sentence.ends_with(std::string(kSubject) + std::string(kGap)); }

bool is_about_backups(const std::string& sentence) { return sentence.contains(kSubject); }

bool is_about_key(const std::string& sentence) {
    const auto at = sentence.find(kSubject);
    return at != std::string::npos && std::string_view(sentence).substr(at + kSubject.size()).starts_with(kRefusedKey);
}

}  // namespace pigsty::module::pgsql
