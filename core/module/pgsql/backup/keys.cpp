#include "core/module/pgsql/backup/keys.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/base/json_fields.h"
#include "core/converge/shared_secrets.h"
#include "core/module/minio/files.h"
#include "core/module/minio/table.h"
#include "core/module/pgsql/backup/files.h"
#include "core/module/pgsql/backup/first_answer.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/secrets.h"

namespace pigsty::module::pgsql {
namespace {

using converge::StepContext;

Error wrong_repository(const Backup& backup, std::string message, std::string hint) {
    return Error{.code = ErrorCode::invalid,
                 .message = "MinIO cluster " + backup.repository->name + " " + std::move(message)}
        .with_hint(std::move(hint));
}

// As MinIO's own claim says where it is kept.
Result<Secret> key_on(node::Node& node, const Backup& backup, const Cancel& cancel) {
    const minio::Access& access = *backup.repository;
    const std::string user = user_of(backup);
    TRY_VOID(node.check_claim(minio::kKind, access.name));
    const auto claim = node.claim(minio::kKind, access.name);
    if (!claim)
        return fail(wrong_repository(backup, "is not on " + node.address().address,
                                     "take `access` of a pigsty_minio_cluster as it is"));
    TRY(const auto cluster, read_json<minio::MinioCluster>(claim->spec));
    const auto users = minio::users_of(cluster);
    const auto found = users.find(user);
    if (found == users.end())
        return fail(wrong_repository(backup, "has no user " + user,
                                     "name one of its `users`, with a policy on bucket " + bucket_of(backup)));
    const std::string name = minio::secret_name(user, found->second);
    TRY(const auto secrets, node::read_secrets(node, minio::secret_scope(access.name), {name}, cancel));
    const auto secret = secrets.find(name);
    if (secret == secrets.end())
        return fail(Error{.code = ErrorCode::failed,
                          .message = "the key of " + user + " is not on this member of MinIO cluster " + access.name}
                        .with_hint("an apply of the MinIO cluster puts it back"));
    return secret->second.value;
}

struct Held {
    bool everywhere = true;
    bool as_given = true;  // the repository's key is `key` on all members
};

// On the first member that has it.
Result<std::optional<Secret>> kept_key(const PgCluster& cluster, const Backup& backup, StepContext& context) {
    const std::string name = cipher_secret(backup);
    for (const auto& site : context.sites()) {
        TRY(const auto secrets, node::read_secrets(*site->node, secret_scope(cluster), {name}, context.cancel()));
        if (const auto found = secrets.find(name); found != secrets.end()) return std::optional(found->second.value);
    }
    return std::optional<Secret>();
}

// True where members get the key that the user gives.
Result<bool> takes_key(const PgCluster& cluster, const PgCluster* before, StepContext& context) {
    const Backup& backup = *cluster.backup;
    if (!is_encrypted(backup) || !backup.cipher_pass_wo) return false;
    const auto refused = [&](std::string found, std::string hint) {
        return fail(Error{.code = ErrorCode::conflict,
                          .message = "backup.cipher_pass_wo: the members of " + cluster.name + std::move(found)}
                        .with_hint(std::move(hint)));
    };
    const Backup* const prior = before != nullptr && before->backup ? &*before->backup : nullptr;
    TRY(const auto kept, kept_key(cluster, backup, context));
    if (kept) {
        // A new value without a new version is not acted on.
        const bool counts = prior == nullptr || prior->cipher_pass_wo_version != backup.cipher_pass_wo_version;
        if (*kept == *backup.cipher_pass_wo || !counts) return false;
        return refused(" have another key of this version", "give that one, or another cipher_pass_wo_version");
    }
    if (prior == nullptr || !same_place(*prior, backup)) return true;
    TRY(const auto in_force, kept_key(cluster, *prior, context));
    if (!in_force || *in_force == *backup.cipher_pass_wo) return true;
    return refused(" have another key, which its backups are encrypted with",
                   "give that one: the second line of " + node::secrets_folder(secret_scope(cluster)) + "/" +
                       cipher_secret(*prior) + " on a member. Another one goes with another backup.path");
}

Result<Held> held(const std::string& scope, const std::vector<std::string>& names, const std::string& of_repository,
                  const std::optional<Secret>& key, StepContext& context) {
    Held held;
    for (const auto& site : context.sites()) {
        TRY(const auto secrets, node::read_secrets(*site->node, scope, names, context.cancel()));
        held.everywhere =
            held.everywhere && std::ranges::all_of(names, [&](const auto& name) { return secrets.contains(name); });
        const auto found = secrets.find(of_repository);
        held.as_given = held.as_given && (!key || (found != secrets.end() && found->second.value == *key));
    }
    return held;
}

}  // namespace

Result<Secret> repository_key(const Backup& backup, const node::Connect& connect, const Cancel& cancel) {
    if (backup.s3 && backup.s3->key_secret_wo) return *backup.s3->key_secret_wo;
    if (backup.s3)
        return fail(Error{.code = ErrorCode::invalid,
                          .message = "the secret of the key " + backup.s3->key + " for " + backup.s3->endpoint +
                                     " is on no member, and is not given"}
                        .with_hint("set key_secret_wo and key_secret_wo_version"));
    return first_answer<Secret>(
        backup.repository->members, connect, "reading the key of " + user_of(backup),
        wrong_repository(backup, "has no members", "take `access` of a pigsty_minio_cluster as it is"), cancel,
        [&](node::Node& node, const node::NodeAddress&) { return key_on(node, backup, cancel); });
}

bool has_backup_keys(const Backup& backup) { return is_remote(backup) || is_encrypted(backup); }

Status keep_backup_keys(const PgCluster& cluster, const PgCluster* before, const node::Connect& connect, bool renew,
                        StepContext& context) {
    const Backup& backup = *cluster.backup;
    const std::string scope = secret_scope(cluster);
    const std::string of_repository = repository_secret(backup);
    std::vector<std::string> names;
    if (is_remote(backup)) names.push_back(of_repository);
    if (is_encrypted(backup)) names.push_back(cipher_secret(backup));

    std::optional<Secret> key;
    if (is_remote(backup) && renew) {
        TRY(key, repository_key(backup, connect, context.cancel()));
    }
    TRY(const bool gives, takes_key(cluster, before, context));
    TRY(const Held there, held(scope, names, of_repository, key, context));
    if (there.everywhere && there.as_given && !gives) return {};
    if (is_remote(backup) && !key) {
        TRY(key, repository_key(backup, connect, context.cancel()));
    }
    TRY_VOID(context.begin_changes());
    node::StoredSecrets stored;
    if (key) stored[of_repository].value = *key;
    if (gives) stored[cipher_secret(backup)].value = *backup.cipher_pass_wo;
    if (!stored.empty()) {
        std::vector<node::NodePtr> nodes;
        for (const auto& site : context.sites()) nodes.push_back(site->node);
        TRY_VOID(node::store_secrets(nodes, scope, stored, context.cancel()));
    }
    if (is_encrypted(backup)) TRY_VOID(converge::ensure_secrets(context, scope, {cipher_secret(backup)}));
    for (const auto& site : context.sites()) context.changed_something(*site);
    return {};
}

Status forget_configuration(converge::Site& site, StepContext& context) {
    TRY_VOID(context.request(site, {node::RemoveFile{.path = kBackrestConf}}));
    return {};
}

}  // namespace pigsty::module::pgsql
