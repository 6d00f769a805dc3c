// Users of a cluster, from the wish to the live role: create, look, change, hand over and drop. SQL on the leader through
// the cluster's one session, pgbouncer's fragments on every member.
//
//     TRY(const std::string id, create_user(*session, user, {.name = "create pg_user app"}, cancel));
//     TRY(const auto live, read_user(*session, user, id, cancel));          // nothing: it is gone
//     TRY_VOID(update_user(*session, {.prior = prior, .planned = planned, .id = id}, operation, cancel));
//     TRY_VOID(drop_user(*session, user, id, operation, cancel));
//
// `valid_until` must be resolved (expire_in counted from now) before create and update.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/module/pgsql/object/sql_object.h"
#include "core/module/pgsql/pool/lists.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// Stands in one of pgbouncer's lists.
inline bool is_pooled(const PgUser& user) { return user.pgbouncer || user.pool_mode || user.pool_connlimit; }

struct UserUpdate {
    const PgUser& prior;
    const PgUser& planned;
    std::string id;
    // Put the password back where somebody changed it on the server.
    bool repair_password = true;
};

// The claim's id. Goes on with an unfinished create of ours; error `conflict` where there is such a role otherwise.
Result<std::string> create_user(ClusterSession& session, const PgUser& user, const Operation& operation,
                                const Cancel& cancel);
// `warnings` (may be null) gets what the state cannot show.
Result<std::optional<Live<PgUser>>> read_user(ClusterSession& session, const PgUser& given, const std::string& id,
                                              const Cancel& cancel, std::vector<std::string>* warnings = nullptr);
Status update_user(ClusterSession& session, const UserUpdate& update, const Operation& operation, const Cancel& cancel);
// What it owns goes to the superuser first, in every database, and nobody stays logged in as it.
Status drop_user(ClusterSession& session, const PgUser& user, const std::string& id, const Operation& operation,
                 const Cancel& cancel);
Result<Imported<PgUser>> import_user(ClusterSession& session, const std::string& name, const Cancel& cancel);

// The live role in the words of `given`. Pure.
PgUser seen_user(const PgUser& given, const RoleState& live);

}  // namespace pigsty::module::pgsql
