// pgbouncer's lists (userlist.txt, database.txt, useropts.txt) are put together on each member from fragments, one file per
// owner and list, sorted (behaviour 8). A user or database writes and compares its own fragments alone.
//
//     const Fragments wanted = fragments_of(user, verifier);
//     TRY_VOID(apply_fragments({.cluster = "pg-test", .members = members, .wanted = wanted}, cancel));
//     for (const std::string& sentence : fragment_drift(wanted, member.name, seen)) …
//
// A fragment may hold a verifier: it is known to the node and to this process, never to a state, a log or a claim.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/module/pgsql/members.h"
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
// sh: takes lists and fragments away, when pgbouncer itself goes.
std::string remove_lists_script();

// What a node shows of all its fragments: one probe for every user and database of the process.
node::Probe fragments_probe();
// Sentences such as "pgbouncer pg-test-2: database.d/app differs"; nothing where the node is as wanted.
std::vector<std::string> fragment_drift(const Fragments& wanted, const std::string& member, const node::Observation& seen);

struct FragmentChange {
    std::string operation;         // for the lease: "apply pg_user app"
    std::vector<Reached> members;  // those that answer
    Fragments wanted;
    bool resumed = false;          // somebody may have stopped between a fragment and its list: put the lists together anyway
    std::chrono::milliseconds lock_timeout = std::chrono::minutes(5);
};
// Writes what differs, on all members at once, under their leases. Answers the names of the members where something changed.
Result<std::vector<std::string>> apply_fragments(const FragmentChange& change, const Cancel& cancel);

}  // namespace pigsty::module::pgsql
