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
    return first_answer<Secret>(
        backup.repository->members, connect, "reading the key of " + user_of(backup),
        wrong_repository(backup, "has no members", "take `access` of a pigsty_minio_cluster as it is"), cancel,
        [&](node::Node& node, const node::NodeAddress&) { return key_on(node, backup, cancel); });
}

bool has_backup_keys(const Backup& backup) { return is_remote(backup) || is_encrypted(backup); }

Status keep_backup_keys(const PgCluster& cluster, const node::Connect& connect, bool renew, StepContext& context) {
    const Backup& backup = *cluster.backup;
    const std::string scope = secret_scope(cluster);
    const std::string of_repository = repository_secret(backup);
    std::vector<std::string> names;
    if (is_remote(backup)) names.push_back(of_repository);
    if (is_encrypted(backup)) names.emplace_back(kCipherSecret);

    std::optional<Secret> key;
    if (is_remote(backup) && renew) {
        TRY(key, repository_key(backup, connect, context.cancel()));
    }
    TRY(const Held before, held(scope, names, of_repository, key, context));
    if (before.everywhere && before.as_given) return {};
    if (is_remote(backup) && !key) {
        TRY(key, repository_key(backup, connect, context.cancel()));
    }
    TRY_VOID(context.begin_changes());
    if (key) {
        std::vector<node::NodePtr> nodes;
        for (const auto& site : context.sites()) nodes.push_back(site->node);
        TRY_VOID(
            node::store_secrets(nodes, scope, {{of_repository, node::StoredSecret{.value = *key}}}, context.cancel()));
    }
    if (is_encrypted(backup)) TRY_VOID(converge::ensure_secrets(context, scope, {kCipherSecret}));
    for (const auto& site : context.sites()) context.changed_something(*site);
    return {};
}

Status forget_configuration(converge::Site& site, StepContext& context) {
    TRY_VOID(context.request(site, {node::RemoveFile{.path = kBackrestConf}}));
    return {};
}

}  // namespace pigsty::module::pgsql
