#include "provider/resource/pg_cluster_backups.h"

#include <algorithm>

#include "core/base/hash.h"
#include "core/base/unknown.h"
#include "core/module/pgsql/backup/files.h"
#include "core/module/pgsql/backup/look.h"

namespace pigsty::provider {
namespace {

using module::pgsql::Backup;
using module::pgsql::MemberLook;
using module::pgsql::PgCluster;
using Sentences = std::vector<std::string>;

void warn(const std::string& summary, const Sentences& sentences, framework::Diagnostics& diagnostics) {
    std::string text;
    for (const std::string& sentence : sentences) text += (text.empty() ? "" : "\n") + sentence;
    if (!text.empty()) diagnostics.add_warning(summary, std::move(text));
}

}  // namespace

Result<Sentences> look_at_backups(const PgCluster& cluster, const converge::Run& run, framework::Call& call) {
    if (!cluster.backup) return Sentences();
    std::vector<MemberLook> looks;
    bool has_gap = false;
    for (const auto& site : run.sites()) {
        // The member that is asked for all may be off: then the next one is.
        const bool asks = module::pgsql::asks_repository(cluster, site->member.number) || site == run.sites().front();
        const node::Probe probe = module::pgsql::backup_probe(cluster, asks);
        TRY(const auto seen, site->node->observe({probe}, call.cancel));
        has_gap = has_gap || (site->claim && site->claim->facts.is_object() &&
                              site->claim->facts.value(module::pgsql::kArchiveGap, false));
        looks.push_back({site->member.name, module::pgsql::read_look(seen.command(probe.key), *cluster.backup)});
    }
    warn(cluster.name + ": backups", module::pgsql::backup_warnings(cluster, looks), call.diagnostics);
    Sentences drift = module::pgsql::backup_drift(cluster, looks);
    if (has_gap) drift.push_back(module::pgsql::gap_sentence(cluster));
    return drift;
}

module::pgsql::BackupChange change_of_backups(const PgCluster& prior, const std::map<std::string, std::string>& managed,
                                              const PgCluster& planned, const Sentences& drift) {
    module::pgsql::BackupChange change = module::pgsql::backup_change(prior, planned, drift);
    if (!prior.backup || !planned.backup) return change;
    const std::string as_prior = fingerprint(module::pgsql::backrest_conf(prior));
    const bool interrupted = std::ranges::any_of(managed, [&](const auto& entry) {
        return entry.first.ends_with(std::string(" ") + module::pgsql::kBackrestConf) && entry.second != as_prior;
    });
    if (interrupted) change.prove = change.anew = true;
    return change;
}

void advise_on_backups(const PgCluster& cluster, framework::Diagnostics& diagnostics) {
    warn(cluster.name + ": backups", module::pgsql::backup_advice(cluster), diagnostics);
}

void refuse_another_encryption(const PgCluster& prior, const PgCluster& planned, const framework::Unknowns& unknown,
                               framework::Diagnostics& diagnostics) {
    const value::Path path = value::Path::of("backup").attribute("encryption");
    if (!prior.backup || !planned.backup || unknown.at(value::Path::of("backup"))) return;
    Backup as_before = *planned.backup;
    as_before.encryption = is_encrypted(*prior.backup);
    if (!same_place(*prior.backup, as_before)) return;
    if (is_encrypted(*planned.backup) && prior.backup->cipher_pass_wo_version &&
        !planned.backup->cipher_pass_wo_version) {
        diagnostics.add_error("The key of a repository is fixed",
                              "Expected `cipher_pass_wo`, the key that the backups in " + place_of(*prior.backup) +
                                  " were written with, found none. Another `backup.path` begins anew without it.",
                              value::Path::of("backup").attribute("cipher_pass_wo"));
    }
    if (is_encrypted(*planned.backup) == is_encrypted(*prior.backup)) return;
    diagnostics.add_error("Encryption of a repository is fixed",
                          "Expected " + std::string(is_encrypted(*prior.backup) ? "true" : "false") +
                              ", as the backups in " + place_of(*prior.backup) +
                              " were written. Another `backup.path` begins anew, with or without it.",
                          path);
}

void refuse_another_restore(const PgCluster& prior, const PgCluster& planned, const framework::Unknowns& unknown,
                            framework::Diagnostics& diagnostics) {
    const value::Path path = value::Path::of("restore_from");
    if (!planned.restore_from || unknown.missing_at(path)) return;
    const std::string wanted = meaning_of(*planned.restore_from);
    if (has_unknown(wanted)) return;
    const std::string made = prior.restore_from ? meaning_of(*prior.restore_from) : "nothing: it was made empty";
    if (made == wanted) return;
    diagnostics.add_error("A living cluster is not restored",
                          "Expected restore_from as it was when the cluster was made, or none; it was made out of " +
                              made + ", and " + wanted +
                              " is wanted now. Another pigsty_pg_cluster with this restore_from gets those data; or "
                              "destroy this one and make it anew.",
                          path);
}

}  // namespace pigsty::provider
