#include "core/module/pgsql/cluster/dbsu.h"

#include <algorithm>
#include <map>

#include "core/base/given_password.h"
#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/base/unknown.h"
#include "core/module/pgsql/object/password.h"
#include "core/module/pgsql/object/user_password.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/secrets.h"
#include "core/render/role.h"

namespace pigsty::module::pgsql {
namespace {

using Work = ClusterSession::Work;

// Under strict synchronous mode a commit waits for a standby, which a bootstrap does not have yet (behaviour 6).
constexpr auto kCommitHere = client::Commit::local;

// What the configuration gives; nothing after an import.
std::optional<Secret> given_password(const PgCluster& cluster) {
    if (cluster.dbsu_password_wo) return cluster.dbsu_password_wo;
    return is_unknown_password(cluster.dbsu_password) ? std::nullopt : cluster.dbsu_password;
}

std::vector<std::string> secrets_of(const PgCluster& cluster) {
    std::vector<std::string> names{kDbsuSecret};
    if (cluster.citus) names.emplace_back(kRestSecret);
    return names;
}

Result<Secret> kept_password(const PgCluster& cluster, node::Node& node, const Cancel& cancel) {
    TRY(const auto secrets, node::read_secrets(node, secret_scope(cluster), {kDbsuSecret}, cancel));
    const auto found = secrets.find(kDbsuSecret);
    if (found != secrets.end()) return found->second.value;
    return fail(Error{.code = ErrorCode::failed, .message = "the password of postgres is not on this member"}.at_host(
        node.address().address));
}

// As Patroni writes it at the bootstrap (validation refused what would have to be escaped).
std::string authinfo_of(const Secret& password) { return "password=" + std::string(password.reveal()); }

std::string authinfo_query() {
    return "SELECT authinfo FROM pg_catalog.pg_dist_authinfo WHERE nodeid = 0 AND rolename = " +
           sql_literal(render::kSuperuser);
}

// Whose login stands there: of no column is known that it is unique.
Statements authinfo_statements(const Secret& password) {
    return {quiet_statement(),
            {.text = "DELETE FROM pg_catalog.pg_dist_authinfo WHERE nodeid = 0 AND rolename = " +
                     sql_literal(render::kSuperuser)},
            {.text = "INSERT INTO pg_catalog.pg_dist_authinfo VALUES (0, " + sql_literal(render::kSuperuser) + ", " +
                     sql_literal(authinfo_of(password)) + ")",
             .secret = true,
             .shown = "INSERT INTO pg_catalog.pg_dist_authinfo VALUES (0, 'postgres', ****)"}};
}

Statements password_statements(const std::optional<Secret>& stored) {
    const std::string alter = "ALTER ROLE " + sql_identifier(render::kSuperuser) + " PASSWORD ";
    if (!stored) return {{.text = alter + "NULL"}};
    return {quiet_statement(),
            {.text = alter + sql_literal(stored->reveal()), .secret = true, .shown = alter + "****"}};
}

const std::optional<Secret>& verifier_in(const Catalog& catalog) {
    static const std::optional<Secret> none;
    const RoleState* role = catalog.role(render::kSuperuser);
    return role == nullptr ? none : role->verifier;
}

Status forget_password(const PgCluster& cluster, converge::StepContext& context) {
    const std::string path = node::secrets_folder(secret_scope(cluster)) + "/" + kDbsuSecret;
    for (const auto& site : context.sites())
        TRY_VOID(context.request(*site, {node::RunScript{.text = "rm -f -- " + shell_quote(path) + "\n"}}));
    return {};
}

}  // namespace

std::string dbsu_salt(const PgCluster& cluster) { return "pigsty pg_cluster " + cluster.name; }

std::optional<std::int64_t> dbsu_generation(const PgCluster& cluster) {
    if (cluster.dbsu_password_wo_version) return version_generation(*cluster.dbsu_password_wo_version);
    if (!cluster.dbsu_password) return std::nullopt;
    return password_generation(*cluster.dbsu_password, dbsu_salt(cluster));
}

std::optional<render::SecretReference> dbsu_reference(const PgCluster& cluster) {
    const auto generation = dbsu_generation(cluster);
    if (!generation) return std::nullopt;
    render::SecretReference reference{.name = kDbsuSecret, .generation = *generation};
    if (cluster.dbsu_password && has_unknown(cluster.dbsu_password->reveal()))
        reference.name = std::string(cluster.dbsu_password->reveal());
    return reference;
}

std::int64_t rest_generation(const PgCluster& cluster) {
    return cluster.citus ? dbsu_generation(cluster).value_or(1) : 1;
}

Secret rest_password(const PgCluster& cluster, const Secret& dbsu_password) {
    return Secret(hex(hmac_sha256_raw(dbsu_password.reveal(), "patroni of shard " + patroni_scope(cluster))));
}

std::string dbsu_key(const PgCluster& cluster) { return cluster.name + " dbsu password"; }

std::vector<std::string> dbsu_forecast(const PgCluster& before, const PgCluster& after) {
    if (dbsu_generation(before) == dbsu_generation(after)) return {};
    if (!dbsu_generation(after)) return {"take the password of postgres away: it comes in over the socket alone"};
    std::string sentence = "give postgres another password, reload patroni";
    if (after.citus) sentence += "; groups of " + after.citus->shard + " log in to each other once all of them have it";
    return {sentence};
}

Status keep_dbsu_password(const PgCluster& cluster, converge::StepContext& context) {
    const auto generation = dbsu_generation(cluster);
    if (!generation) return {};
    const std::string scope = secret_scope(cluster);
    const std::vector<std::string> names = secrets_of(cluster);
    const auto given = given_password(cluster);
    node::StoredSecrets wanted;
    std::vector<node::NodePtr> without;
    std::optional<Secret> held;
    for (const auto& site : context.sites()) {
        TRY(const auto found, node::read_secrets(*site->node, scope, names, context.cancel()));
        const bool is_whole =
            found.size() == names.size() &&
            std::ranges::all_of(
                found, [&](const auto& each) { return each.second.generation == static_cast<int>(*generation); }) &&
            // Another write-only one counts with another version, which is another generation.
            (!given || cluster.dbsu_password_wo || found.at(kDbsuSecret).value == *given);
        if (is_whole)
            held = found.at(kDbsuSecret).value;
        else
            without.push_back(site->node);
    }
    if (without.empty()) return {};
    const std::optional<Secret> password = held ? held : given;
    if (!password)
        return fail(Error{.code = ErrorCode::invalid,
                          .message = "expected the password of postgres in " + cluster.name + ", found none"}
                        .with_hint("it is on no member, and an import knows no password: give it another one"));
    const int number = static_cast<int>(*generation);
    wanted[kDbsuSecret] = {.generation = number, .value = *password};
    if (cluster.citus) wanted[kRestSecret] = {.generation = number, .value = rest_password(cluster, *password)};
    TRY_VOID(context.begin_changes());
    TRY_VOID(node::store_secrets(without, scope, wanted, context.cancel()));
    for (const auto& site : context.sites()) context.changed_something(*site);
    return {};
}

Status set_dbsu_password(const PgCluster& cluster, const PgCluster* before, ClusterSession& session,
                         converge::Site& site, converge::StepContext& context) {
    if (!dbsu_generation(cluster)) {
        if (before == nullptr || !dbsu_generation(*before)) return {};
        TRY_VOID(session.change(
            [&](Work& work) -> Status {
                TRY_VOID(context.begin_changes());
                TRY_VOID(work.run(kDatabase, password_statements(std::nullopt)));
                work.forget();
                return {};
            },
            context.cancel()));
        context.changed_something(site);
        return forget_password(cluster, context);
    }
    TRY(const Secret password, kept_password(cluster, *site.node, context.cancel()));
    return session.change(
        [&](Work& work) -> Status {
            TRY(const Catalog* const catalog, work.catalog());
            const bool is_set = holds_password(verifier_in(*catalog), password);
            bool is_known = true;
            if (cluster.citus) {
                TRY(const std::string authinfo, work.ask(cluster.citus->database, authinfo_query()));
                is_known = authinfo == authinfo_of(password);
            }
            if (is_set && is_known) return {};
            TRY_VOID(context.begin_changes());
            if (!is_set)
                TRY_VOID(work.run(kDatabase, password_statements(password_to_send(password, *catalog)), kCommitHere));
            if (!is_known) TRY_VOID(work.run(cluster.citus->database, authinfo_statements(password), kCommitHere));
            work.forget();
            context.changed_something(site);
            return {};
        },
        context.cancel());
}

Result<std::vector<std::string>> dbsu_drift(const PgCluster& cluster, Work& work, node::Node& node) {
    std::vector<std::string> sentences;
    if (!dbsu_generation(cluster)) return sentences;
    TRY(const auto secrets, node::read_secrets(node, secret_scope(cluster), {kDbsuSecret}, work.cancel()));
    const auto kept = secrets.find(kDbsuSecret);
    if (kept == secrets.end()) {
        sentences.push_back(dbsu_key(cluster) + ": is not on " + node.address().address);
        return sentences;
    }
    TRY(const Catalog* const catalog, work.catalog());
    if (!holds_password(verifier_in(*catalog), kept->second.value))
        sentences.push_back(dbsu_key(cluster) + ": the server has another one");
    if (!cluster.citus || catalog->database(cluster.citus->database) == nullptr) return sentences;
    TRY(const std::string authinfo, work.ask(cluster.citus->database, authinfo_query()));
    if (authinfo != authinfo_of(kept->second.value))
        sentences.push_back(dbsu_key(cluster) + ": pg_dist_authinfo has another one");
    return sentences;
}

}  // namespace pigsty::module::pgsql
