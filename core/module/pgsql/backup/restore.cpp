#include "core/module/pgsql/backup/restore.h"

#include <optional>

#include "core/base/json_fields.h"
#include "core/base/text.h"
#include "core/module/pgsql/backup/files.h"
#include "core/module/pgsql/backup/first_answer.h"
#include "core/module/pgsql/backup/keys.h"
#include "core/module/pgsql/backup/restore_files.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/secrets.h"

namespace pigsty::module::pgsql {
namespace {

using converge::Site;
using converge::StepContext;

constexpr std::chrono::seconds kWorkStall{900};
constexpr int kTargetNotReached = 3, kOtherKind = 4;

Error refused(std::string message, std::string hint = {}) {
    return Error{.code = ErrorCode::invalid, .message = std::move(message)}.with_hint(std::move(hint));
}

Result<node::OperationResult> run(Site& site, StepContext& context, node::RunScript script) {
    script.may_fail = true;
    TRY(const auto results, site.node->request({std::move(script)}, context.cancel()));
    return results.back();
}

// True where there is nothing to restore any more.
Result<bool> is_there(const PgCluster& cluster, Site& site, StepContext& context) {
    TRY(const auto seen, run(site, context, {.text = restore_look_script(), .writes = false}));
    std::string_view text = trimmed(seen.out);
    // Where somebody has led already, Patroni has the data from the others, whatever became of these.
    if (!text.starts_with("data")) return !known_identifier(context.sites()).empty();
    text.remove_prefix(std::string_view("data").size());
    const std::string note(trimmed(text));
    const std::string wanted = meaning_of(*cluster.restore_from);
    if (note != wanted)
        return fail(refused("restore_from: the data of " + site.member.name + " were made out of " +
                                (note.empty() ? "nothing" : note) + " by a create that did not end, and " + wanted +
                                " is wanted now",
                            "bring restore_from back as it was, or destroy this cluster and make it anew"));
    return true;
}

// The key of a source that lives, from the first of its members that can tell; nothing where its backups are not encrypted.
Result<std::optional<Secret>> key_of_source(const RestoreFrom& restore, const node::Connect& connect,
                                            const Cancel& cancel) {
    const Connection& source = *restore.source;
    using Key = std::optional<Secret>;
    return first_answer<Key>(
        source.members, connect, "reading the key of " + source.name,
        refused("restore_from.source: it has no members", "take `connection` of a pigsty_pg_cluster as it is"), cancel,
        [&](node::Node& node, const node::NodeAddress& address) -> Result<Key> {
            TRY_VOID(node.check_claim(kKind, source.name));
            const auto claim = node.claim(kKind, source.name);
            if (!claim)
                return fail(refused("restore_from.source: cluster " + source.name + " is not on " + address.address,
                                    "take `connection` of a pigsty_pg_cluster as it is, or give cipher_pass_wo"));
            TRY(const auto cluster, pg_cluster_from_json(claim->spec));
            if (cluster.backup && !is_encrypted(*cluster.backup)) return Key();
            const std::string name = cipher_secret(cluster.backup.value_or(Backup()));
            TRY(const auto secrets, node::read_secrets(node, secret_scope(cluster), {name}, cancel));
            const auto found = secrets.find(name);
            return found == secrets.end() ? Key() : Key(found->second.value);
        });
}

// True where there is a key that the backups are encrypted with.
Result<bool> bring_keys(const PgCluster& cluster, const node::Connect& connect, Site& site, StepContext& context) {
    const RestoreFrom& restore = *cluster.restore_from;
    const Backup repository = repository_of(restore);
    TRY(Secret of_repository, repository_key(repository, connect, context.cancel()));
    node::StoredSecrets secrets{{repository_secret(repository), {.value = std::move(of_repository)}}};
    std::optional<Secret> cipher = restore.cipher_pass_wo;
    if (restore.source) {
        TRY(cipher, key_of_source(restore, connect, context.cancel()));
    }
    if (cipher) secrets[kRestoreCipherSecret].value = *cipher;
    TRY_VOID(node::store_secrets({site.node}, secret_scope(cluster), secrets, context.cancel()));
    return cipher.has_value();
}

Error in_repository(const RestoreFrom& restore, Trouble trouble, bool has_key) {
    if (trouble.kind == TroubleKind::no_stanza)
        return refused("restore_from.cluster: the repository holds no backups of a cluster " + restore.cluster + " (" +
                           place_of(repository_of(restore)) + ")",
                       "`cluster` is the source's name; it may have another bucket or path");
    if (trouble.kind == TroubleKind::other_key)
        return refused("restore_from: the backups of " + restore.cluster +
                           (has_key ? " were not written with this key" : " are encrypted, and no key is given"),
                       "name the source's `connection` in restore_from.source while it lives, or give its key in "
                       "restore_from.cipher_pass_wo");
    Error error = error_of(trouble);
    error.message = "restore_from: " + error.message;
    return error;
}

Status check_source(const PgCluster& cluster, bool has_key, Site& site, StepContext& context) {
    const RestoreFrom& restore = *cluster.restore_from;
    const Backup repository = repository_of(restore);
    TRY(const auto told, run(site, context, {.text = restore_information_script(cluster), .writes = false}));
    const auto seen = read_information(told.out, repository);
    if (!seen) return fail(in_repository(restore, trouble_in("timeout after", repository), has_key));
    if (!seen->is_readable()) return fail(in_repository(restore, seen->trouble, has_key));
    if (const auto why = unfit(cluster, *seen)) return fail(refused(*why));
    return {};
}

Status restore_and_recover(const PgCluster& cluster, const std::string& bin_dir, Site& site, StepContext& context) {
    const RestoreFrom& restore = *cluster.restore_from;
    const Backup repository = repository_of(restore);
    auto begun = Cancel::Clock::now();
    TRY(const auto restored, run(site, context, {.text = restore_script(cluster), .stall = kWorkStall}));
    if (restored.status != 0) {
        Trouble trouble = trouble_in(restored.out, repository);
        if (trouble.kind == TroubleKind::none)
            trouble = {TroubleKind::other, "pgbackrest restore ended with status " + std::to_string(restored.status)};
        return fail(in_repository(restore, trouble, true).with_output(restored.out));
    }
    context.report(site, "restored " + meaning_of(restore), begun);

    begun = Cancel::Clock::now();
    TRY(const auto secrets,
        node::read_secrets(*site.node, secret_scope(cluster), {kReplicationSecret}, context.cancel()));
    const std::string password(secrets.at(kReplicationSecret).value.reveal());
    TRY(const auto recovered,
        run(site, context,
            {.text = recover_script(cluster, bin_dir), .input = own_cluster_sql(password), .stall = kWorkStall}));
    if (recovered.status == kOtherKind)
        return fail(
            refused("restore_from: the data are of another kind than `encoding`, `lc_collate`, `lc_ctype` and "
                    "`checksum` say: " +
                        std::string(trimmed(recovered.err)),
                    "they were decided when the source was made: write them as found"));
    if (recovered.status == kTargetNotReached)
        return fail(refused("restore_from: PostgreSQL did not get to " + meaning_of(restore) +
                                (recovered.err.contains("before configured recovery target was reached")
                                     ? ": the archive ends before it"
                                     : ""),
                            "a target that the source's archive holds")
                        .with_output(recovered.err));
    if (recovered.status != 0)
        return fail(Error{.code = ErrorCode::failed,
                          .message = "restore_from: the restored server did not take its "
                                     "own logins, or did not stop"}
                        .with_output(recovered.err));
    TRY_VOID(context.request(site, {node::RunScript{.text = take_restored_script(cluster)}}));
    context.report(site, "recovered", begun);
    return {};
}

}  // namespace

Status restore_cluster(const PgCluster& cluster, const std::string& bin_dir, const node::Connect& connect, Site& site,
                       StepContext& context) {
    const node::RunScript end{.text = end_restore_script(bin_dir)};
    const std::string folder = node::secrets_folder(secret_scope(cluster));
    // Keys are there for as long as they are used.
    std::vector<node::Operation> ending{end, node::RemoveFile{.path = folder + "/" + kRestoreCipherSecret}};
    const Backup repository = repository_of(*cluster.restore_from);
    const bool is_own = cluster.backup && is_remote(*cluster.backup) &&
                        repository_secret(*cluster.backup) == repository_secret(repository);
    if (!is_own) ending.emplace_back(node::RemoveFile{.path = folder + "/" + repository_secret(repository)});

    TRY(const bool there, is_there(cluster, site, context));
    if (there) {
        TRY_VOID(context.request(site, std::move(ending)));
        return {};
    }
    TRY_VOID(context.begin_changes());
    TRY_VOID(context.request(site, {end}));
    const auto made = [&]() -> Status {
        TRY(const bool has_key, bring_keys(cluster, connect, site, context));
        TRY_VOID(context.request(site, {node::PutFile{.path = kRestoreConf,
                                                      .content = restore_conf(cluster, has_key),
                                                      .group = "postgres",
                                                      .mode = 0640,
                                                      .secret_scope = secret_scope(cluster)}}));
        TRY_VOID(check_source(cluster, has_key, site, context));
        return restore_and_recover(cluster, bin_dir, site, context);
    }();
    const auto ended = context.request(site, std::move(ending));
    if (!made) {
        Error error = made.error();
        if (error.host.empty()) error.at_host(site.member.address.address);
        return fail(std::move(error));
    }
    if (!ended) return fail(ended.error());
    context.changed_something(site);
    return {};
}

}  // namespace pigsty::module::pgsql
