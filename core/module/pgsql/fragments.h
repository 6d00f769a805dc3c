// pgbouncer's lists (userlist.txt, database.txt, useropts.txt) are put together on each member from fragments, one file per
// owner and list, sorted (behaviour 8). A user or database writes and compares its own fragments alone.
//
//     const Fragments wanted = fragments_of(user, verifier);
//     TRY_VOID(put_fragments(session, wanted, false, {.name = "update pg_user app"}, cancel));
//     TRY(const auto sentences, fragment_drift(session, wanted, cancel));
//
// A fragment may hold a verifier: it is known to the node and to this process, never to a state, a log or a claim.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/item/item.h"
#include "core/module/pgsql/session.h"
#include "core/module/pgsql/spec.h"
#include "core/node/node.h"

namespace pigsty::module::pgsql {

inline constexpr const char* kFragmentFolder = "/etc/pgbouncer/fragments";

// Path of a fragment → its text; nothing: there must be none.
using Fragments = std::map<std::string, std::optional<Secret>>;

// Every path that this user or database may own, with its text or nothing. `live` false: the owner is being removed.
Result<Fragments> fragments_of(const PgUser& user, const std::optional<Secret>& verifier, bool live = true);
Result<Fragments> fragments_of(const PgDatabase& database, const PgCluster& cluster, bool live = true);

// "/etc/pgbouncer/fragments/userlist.d/app"; the name percent-encoded, so that any name is a file name.
std::string fragment_path(std::string_view list, std::string_view name);

// sh: makes the folders and puts the three lists together; where one changed and pgbouncer runs, it reloads, and the lists
// come back as they were when pgbouncer does not like them. Writes nothing where the lists are right. May be run by anyone
// at any time: it locks.
std::string assemble_lists_script();

// What a node shows of all its fragments: one probe for every user and database of the process.
node::Probe fragments_probe();
// For the cluster's own items: writes nothing, and puts the probe into its claim, so that it is answered together with
// everything else that is claimed on the node.
item::ItemPtr fragments_item();
// Sentences such as "pgbouncer pg-test-2: database.d/app differs"; nothing where the node is as wanted.
std::vector<std::string> fragment_drift(const Fragments& wanted, const std::string& member,
                                        const node::Observation& seen);

// An operation on one user or database.
struct Operation {
    std::string name;  // for leases: "create pg_user app"
    std::chrono::milliseconds lock_timeout = std::chrono::minutes(5);
    std::vector<std::string>* warnings = nullptr;  // may be null
};

// Writes what differs on every member that answers, all at once, under their leases; warns of those that do not answer.
// `resumed`: somebody may have stopped between a fragment and its list, so the lists are put together anyway.
Status put_fragments(ClusterSession& session, const Fragments& wanted, bool resumed, const Operation& operation,
                     const Cancel& cancel);
// The same as sentences, for those that answer. Contacts no node where nothing is wanted.
Result<std::vector<std::string>> fragment_drift(const ClusterSession& session, const Fragments& wanted,
                                                const Cancel& cancel);

}  // namespace pigsty::module::pgsql
