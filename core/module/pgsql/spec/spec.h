// What a user asks of PostgreSQL: PgCluster, PgUser, PgDatabase. Plain data; null (nullopt) means "the default", which
// the functions that use a value know. Claims keep a spec as JSON, without secrets:
//
//     claim.spec = to_json(cluster);
//     TRY(const PgCluster cluster, pg_cluster_from_json(claim.spec));
//
// Strings may hold markers for what is not known while planning (core/base/unknown.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/json_fields.h"
#include "core/base/member_key.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/module/ca/reference.h"
#include "core/module/etcd/spec.h"
#include "core/module/pgsql/spec/backup.h"
#include "core/module/pgsql/spec/citus.h"
#include "core/module/pgsql/spec/connection.h"
#include "core/module/pgsql/spec/restore_from.h"
#include "core/module/pgsql/spec/standby.h"
#include "core/node/node.h"
#include "core/render/hba_rule.h"
#include "core/render/role.h"
#include "core/render/service.h"
#include "core/render/sizing.h"

namespace pigsty::module::pgsql {

using render::Extension;
using render::HbaRule;
using render::Networks;
using render::Role;
using render::RoleAttributes;
using render::Service;
using render::Services;
using render::Sizing;

using Parameters = std::map<std::string, std::string>;

struct Instance {
    node::NodeAddress node;  // `address` and `ssh`
    // primary | replica | offline | delayed: where to initialise, who may lead, who serves what
    std::string role = "replica";
    std::optional<std::string> delay{};     // of a delayed one: how long after its commit it applies a transaction
    std::optional<std::string> upstream{};  // number of the member that it streams from; null: the leader
    bool offline_query = false;             // a replica that serves the offline service too
    std::int64_t weight = 100;              // 0 to 256, of HAProxy
    bool nofailover = false;                // offline and delayed imply it
    Parameters parameters{};                // of this member alone, as written; with `delay`: parameters_of()
    bool operator==(const Instance&) const = default;
};

struct Pgbouncer {
    bool enabled = true;
    std::int64_t port = 6432;
    std::string pool_mode = "transaction";  // session | transaction | statement
    std::string ssl_mode = "disable";       // client_tls_sslmode
    bool auth_query = false;
    std::vector<HbaRule> hba_rules{};
    std::optional<std::vector<HbaRule>> default_hba_rules{};
    bool operator==(const Pgbouncer&) const = default;
};

// Whether commits wait for standbys. What is null follows from template, rpo and the members (spec/failover.h).
struct Synchronous {
    std::optional<bool> enabled{};
    std::string mode = "on";  // on | quorum
    std::optional<bool> strict{};
    std::int64_t count = 1;
    bool operator==(const Synchronous&) const = default;
};

// An address that follows the leader (spec/reach.h).
struct Vip {
    std::string address;             // "10.10.10.2/24"
    std::string interface = "auto";  // auto: the one that holds the member's own address
    bool operator==(const Vip&) const = default;
};

struct PatroniOptions {
    std::int64_t port = 8008;               // of its REST interface
    std::optional<bool> ssl{};              // of the same; null: as PostgreSQL's
    std::optional<std::string> watchdog{};  // off | automatic | required; null: automatic under crit, else off
    std::string log_level = "INFO";
    std::string dcs_namespace = "/pg";  // attribute `namespace`: what its keys in etcd begin with
    bool operator==(const PatroniOptions&) const = default;
};

struct PgCluster {
    std::string name;
    std::string mode = "pgsql";  // pgsql | citus
    std::optional<Citus> citus{};
    std::optional<std::int64_t> version{};  // major; decided at creation, then kept
    MemberMap<Instance> instances;
    std::string template_name = "oltp";               // attribute `template`: oltp | olap | crit | tiny
    std::optional<std::int64_t> template_revision{};  // decided at creation, then kept
    std::optional<Sizing> sizing{};                   // decided at creation, then kept
    Parameters parameters{};
    std::optional<std::int64_t> max_connections{};   // null: the template's
    std::optional<std::vector<std::string>> libs{};  // shared_preload_libraries, in order; null: the template's
    std::vector<std::string> extension_packages{};   // names of extensions, or of packages
    bool checksum = true;
    std::string encoding = "UTF8";
    std::string locale = "C";
    std::string lc_collate = "C";
    std::string lc_ctype = "C";
    std::int64_t port = 5432;
    std::string data_dir = "/data/postgres";  // the folder that holds <name>-<version>/; /pg links to that
    bool ssl = true;
    std::vector<HbaRule> hba_rules{};
    std::optional<std::vector<HbaRule>> default_hba_rules{};
    Networks networks{};
    Pgbouncer pgbouncer{};
    Services services{};
    std::optional<Services> default_services{};
    std::string default_service_dest = "pgbouncer";  // postgres | pgbouncer: what a service's `dest = "default"` means
    ca::Reference ca{};
    etcd::Access dcs{};
    std::string rto = "norm";    // fast | norm | safe | wide: name of the failover plan
    std::int64_t rpo = 1048576;  // bytes that a standby may lack and still be promoted; 0: synchronous
    Synchronous synchronous{};
    std::optional<Vip> vip{};
    std::optional<std::vector<std::string>> listen{};  // null: the member's address and loopback
    PatroniOptions patroni{};
    std::optional<Backup> backup{};
    bool final_backup = false;  // a destroy begins with a full backup, which stays
    std::optional<Standby> standby{};
    std::optional<RestoreFrom> restore_from{};  // of the creation
    std::optional<std::vector<Role>> default_roles{};
    std::map<std::string, Secret> role_passwords{};  // of default roles; only while a change is planned and made
    std::optional<std::int64_t> role_passwords_version{};
    std::optional<Secret> dbsu_password{};     // of `postgres`; in no claim
    std::optional<Secret> dbsu_password_wo{};  // the same; only while a change is planned and made
    std::optional<std::int64_t> dbsu_password_wo_version{};
    std::optional<std::vector<std::string>> default_privileges{};
    std::optional<std::vector<std::string>> default_schemas{};
    std::optional<std::vector<Extension>> default_extensions{};
    std::string restart = "manual";  // manual | rolling
    bool operator==(const PgCluster&) const = default;
};

// PostgreSQL's parameters of this member alone: its patroni.yml.
Parameters parameters_of(const Instance& instance);

// "pg-test-2": instance, Patroni member, certificate and slot.
std::string member_name(const PgCluster& cluster, std::string_view key);

struct RoleOptions {
    std::optional<bool> admin{}, inherit{}, set{};
    bool operator==(const RoleOptions&) const = default;
};

struct PgUser {
    Connection cluster{};
    std::string name;
    std::optional<Secret> password{};  // plain or a verifier, from `password` or `password_wo`; never in a claim
    bool password_write_only = false;
    std::optional<std::int64_t> password_wo_version{};
    RoleAttributes attributes{};  // its `valid_until`: from `expire_in` (resolved once) or as given
    std::optional<std::int64_t> expire_in{};
    std::optional<std::string> comment{};  // null: left alone
    std::set<std::string> roles{};
    std::map<std::string, RoleOptions> role_options{};
    Parameters parameters{};
    bool pgbouncer = false;
    std::optional<std::string> pool_mode{};
    std::optional<std::int64_t> pool_connlimit{};
    nlohmann::json resource{};  // not ours: what the claim keeps for whoever manages this user, so that import finds it
    bool operator==(const PgUser&) const = default;
};

struct DatabaseExtension {
    std::string name;
    std::optional<std::string> schema{};
    std::optional<std::string> version{};
    bool cascade = true;
    bool operator==(const DatabaseExtension&) const = default;
};

struct PgDatabase {
    Connection cluster{};
    std::string name;
    std::optional<std::string> owner{};     // null: postgres
    std::optional<std::string> baseline{};  // SQL, run while the database is being created
    std::optional<std::int64_t> baseline_version{};
    std::vector<std::string> schemas{};
    std::map<std::string, std::string> schema_owners{};
    std::vector<DatabaseExtension> extensions{};
    std::optional<std::string> comment{};
    std::optional<std::string> template_name{};                                 // attribute `template`; null: template1
    std::optional<std::string> encoding{}, locale{}, lc_collate{}, lc_ctype{};  // null: the cluster's
    std::optional<std::string> locale_provider{};  // libc | icu | builtin: whose `locale` is; null: libc
    std::optional<std::string> tablespace{};
    bool allow_connections = true;
    bool revoke_public = false;
    std::int64_t connection_limit = -1;
    bool pgbouncer = true;
    std::optional<std::string> pool_auth_user{};
    std::optional<std::string> pool_mode{};
    std::optional<std::int64_t> pool_size{}, pool_size_min{}, pool_reserve{}, pool_connlimit{};
    bool force_disconnect = false;
    nlohmann::json resource{};  // as in PgUser
    bool operator==(const PgDatabase&) const = default;
};

nlohmann::json to_json(const PgCluster& cluster);
nlohmann::json to_json(const PgUser& user);
nlohmann::json to_json(const PgDatabase& database);
nlohmann::json to_json(const Connection& connection);
nlohmann::json to_json(const Role& role);
nlohmann::json to_json(const Extension& extension);

// Error `failed`, with the path of what does not fit. Members that are absent keep their defaults.
Result<PgCluster> pg_cluster_from_json(const nlohmann::json& json);
Result<PgUser> pg_user_from_json(const nlohmann::json& json);
Result<PgDatabase> pg_database_from_json(const nlohmann::json& json);

}  // namespace pigsty::module::pgsql

namespace pigsty {

// Instantiated in spec.cpp, which has the fields: the structs are large, and many read this header.
extern template nlohmann::json write_json(const module::pgsql::PgCluster& cluster);
extern template Result<module::pgsql::PgCluster> read_json(const nlohmann::json& json);

}  // namespace pigsty
