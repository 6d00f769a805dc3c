// The password of the superuser `postgres`, for who comes over the network: Patroni and we ourselves come in by peer
// authentication. It is kept root-only on the members, stands in patroni.yml (where it is by its generation), in SQL as a
// verifier, and in a Citus group in pg_dist_authinfo, with which the groups log in to each other.
//
//     if (const auto generation = dbsu_generation(cluster)) …        // there is one
//     TRY_VOID(keep_dbsu_password(cluster, context));                // on the members, before patroni.yml
//     TRY_VOID(set_dbsu_password(cluster, *session, site, context)); // in SQL
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/converge/step.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/render/secret_reference.h"

namespace pigsty::module::pgsql {

inline constexpr const char* kDbsuSecret = "dbsu";

// Another password, another number; nothing: there is none.
std::optional<std::int64_t> dbsu_generation(const PgCluster& cluster);
std::string dbsu_salt(const PgCluster& cluster);
// How patroni.yml stands for it; a text that is not known yet where the password is not.
std::optional<render::SecretReference> dbsu_reference(const PgCluster& cluster);
// Of the password of Patroni's REST interface. A group's Patroni calls the coordinator's, so in a shard it is made of what all
// groups have in common.
std::int64_t rest_generation(const PgCluster& cluster);
Secret rest_password(const PgCluster& cluster, const Secret& dbsu_password);

// Key in `managed` and head of drift: "pg-citus0 dbsu password".
std::string dbsu_key(const PgCluster& cluster);
// What a change of it does; nothing where there is none.
std::vector<std::string> dbsu_forecast(const PgCluster& before, const PgCluster& after);

// Its own, and in a shard the REST interface's. Looks first.
Status keep_dbsu_password(const PgCluster& cluster, converge::StepContext& context);
// With the one that the members hold. `before` had one and `cluster` has none: it is taken away.
Status set_dbsu_password(const PgCluster& cluster, const PgCluster* before, ClusterSession& session,
                         converge::Site& site, converge::StepContext& context);
// Sentences where SQL has another one than the members; `node` is any of these.
Result<std::vector<std::string>> dbsu_drift(const PgCluster& cluster, ClusterSession::Work& work, node::Node& node);

}  // namespace pigsty::module::pgsql
