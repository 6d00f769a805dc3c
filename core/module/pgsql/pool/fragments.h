// pgbouncer's lists (userlist.txt, database.txt, useropts.txt) are put together on each member from fragments, one file per
// owner and list, sorted (behaviour 8). A user or database writes and compares its own fragments alone.
//
//     TRY(const Fragments wanted, fragments_of(user, {.verifier = live.verifier}));
//     TRY_VOID(put_fragments(session, wanted, {.name = "update pg_user app"}, cancel));      // lists.h
//     TRY(const auto sentences, fragment_drift(session, wanted, cancel));
//
// A fragment may hold a verifier: it is known to the node and to this process, never to a state, a log or a claim.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/item/item.h"
#include "core/module/pgsql/session/pool_queue.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/node/node.h"

namespace pigsty::module::pgsql {

inline constexpr const char* kFragmentFolder = "/etc/pgbouncer/fragments";

// What the server knows of a role's way to log in.
struct RoleLogin {
    std::optional<Secret> verifier{};  // nothing: no password
    bool has_expired = false;          // `valid_until` has passed
};

// Why pgbouncer's lists leave a user out although they are asked for: "it may not log in". Empty: they hold it.
std::string why_left_out(const PgUser& user, const RoleLogin& login);
// Error `conflict` where the stored verifier is none that a login through pgbouncer can use: MD5, or no verifier at all.
Status check_verifier(const PgUser& user, const RoleLogin& login);

// Every path that this user or database may own, with its text or nothing. A user whose verifier is of no use has none.
Result<Fragments> fragments_of(const PgUser& user, const RoleLogin& login);
Result<Fragments> fragments_of(const PgDatabase& database, const PgCluster& cluster);
// Of an owner that is being removed.
Fragments no_fragments_of(const PgUser& user);
Fragments no_fragments_of(const PgDatabase& database);

// "/etc/pgbouncer/fragments/userlist.d/app"; the name percent-encoded, so that any name is a file name.
std::string fragment_path(std::string_view list, std::string_view name);

// What a node shows of all its fragments: one probe for every user and database of the process.
node::Probe fragments_probe();
// What it shows. Paths as in Fragments.
struct FragmentsSeen {
    std::map<std::string, std::string> digests{};  // by path
    std::set<std::string> owed{};                  // written by a run that ended before pgbouncer took them
    std::set<std::string> stale{};                 // lists that are not what their fragments say: "userlist"
    [[nodiscard]] bool holds(const std::string& path, const std::optional<Secret>& text) const;
};
FragmentsSeen fragments_seen(const node::Observation& seen);

// For the cluster's own items: writes nothing, and puts the probe into its claim, so that it is answered together with
// everything else that is claimed on the node.
item::ItemPtr fragments_item();

// Sentences such as "pgbouncer pg-test-2: database.d/app differs"; nothing where the node is as wanted. `left_out`: why the
// lists do not hold their owner.
std::vector<std::string> fragment_drift(const Fragments& wanted, const std::string& member, const FragmentsSeen& seen,
                                        const std::string& left_out = {});
// The same for all members that answer. Contacts no node where nothing is wanted and nothing is left out.
Result<std::vector<std::string>> fragment_drift(const ClusterSession& session, const Fragments& wanted,
                                                const Cancel& cancel, const std::string& left_out = {});

}  // namespace pigsty::module::pgsql
