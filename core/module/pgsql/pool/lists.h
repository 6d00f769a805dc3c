// Writing pgbouncer's lists: fragments and the lists that are made of them, on every member, and one reload for all that was
// asked for meanwhile.
//
//     TRY_VOID(put_fragments(session, wanted, {.name = "update pg_user app"}, cancel));
//
// Operations of one cluster that run side by side are gathered: the first writes at once, those that come meanwhile are
// written together after it, each list once and with one reload a member. Each gets its own error: where pgbouncer does not
// take what several want, they are tried in halves.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/module/pgsql/pool/fragments.h"
#include "core/module/pgsql/session/session.h"

namespace pigsty::module::pgsql {

// An operation on one user or database.
struct Operation {
    std::string name;  // for leases: "create pg_user app"
    std::chrono::milliseconds lock_timeout = std::chrono::minutes(5);
    std::vector<std::string>* warnings = nullptr;  // may be null
};

// Writes what differs, and what another run left owed, on every member that answers, all at once, under their leases; warns
// of those that do not answer.
Status put_fragments(ClusterSession& session, const Fragments& wanted, const Operation& operation,
                     const Cancel& cancel);
// On one member, whose lease the caller holds. Answers whether it wrote anything.
Result<bool> put_member_fragments(ClusterSession& session, const Reached& member, const Fragments& wanted,
                                  const Cancel& cancel);

}  // namespace pigsty::module::pgsql
