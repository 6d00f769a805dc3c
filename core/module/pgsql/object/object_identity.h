// Which live object a resource in SQL stands for (behaviour 3): its claim says so by the object's number (oid) and by the
// system identifier of the cluster that gave it, never by its name, which anybody can give to another.
//
//     TRY(Catalog* const catalog, claimed_catalog(work));
//     const Standing standing = standing_of(*catalog, kDatabaseKind, "app", id);
//     if (standing.name.empty()) …          // gone, whatever is called "app" now
//     if (standing.name != "app") …         // renamed by hand
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/module/pgsql/pool/lists.h"
#include "core/module/pgsql/session/catalog.h"
#include "core/module/pgsql/session/session.h"

namespace pigsty::module::pgsql {

struct Standing {
    std::string name;           // what ours is called now; empty: it is gone
    bool has_namesake = false;  // what is called as ours should be is another one
    // Its number says that it is ours. Otherwise its name alone does: the claim is of a version that wrote no numbers.
    bool is_proven = false;
};

// `id`: of the resource. Pure.
Standing standing_of(const Catalog& catalog, std::string_view kind, const std::string& name, const std::string& id);

// The id of an object that nobody has claimed yet, as an import gives it: it says which object it is of.
std::string adopted_id(const Catalog& catalog, std::string_view kind, Oid oid);

// Whether the object that is called as the claim says looks like the one it was written for: what stands for a proof where
// the claim has no number. Pure.
bool looks_claimed(const Catalog& catalog, const ObjectClaim& claim);

// The snapshot for whoever is about to change something: a table of claims that an older version made has all columns from
// then on, and those claims their numbers, where the objects look as claimed.
Result<Catalog*> claimed_catalog(ClusterSession::Work& work);

// Gives ours its name back; nothing where it has it. The snapshot is another one afterwards. Error `conflict` where another
// object has the name.
Status take_name_back(ClusterSession::Work& work, std::string_view kind, const std::string& name,
                      const Standing& standing);

// Before an object of that name is made or imported. Error `conflict` where the name is claimed by a resource whose object
// is called otherwise now.
Status refuse_elsewhere(const PgCluster& cluster, const Catalog& catalog, std::string_view kind,
                        const std::string& name);

// May ours be dropped? Error `conflict` where neither its number nor its looks say that it is ours.
Status prove_ours(const ClusterSession::Work& work, const Catalog& catalog, std::string_view kind,
                  const std::string& name, const Standing& standing);

// Fails where the object of that name has not this number (any more).
Statement same_object_statement(std::string_view kind, const std::string& name, Oid oid);
// Of one that is dropped under another name than the resource's.
std::string dropped_elsewhere(std::string_view kind, const Standing& standing);
void note(const Operation& operation, std::string warning);

// "name: is "app_old" on the server"; nothing where it is called as it should be.
std::optional<std::string> name_drift(std::string_view kind, const std::string& name, const Standing& standing);

// Of a resource that is gone although something has its name.
std::string namesake_warning(const PgCluster& cluster, std::string_view kind, const std::string& name);

}  // namespace pigsty::module::pgsql
