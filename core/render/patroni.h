// patroni.yml of one member, and the dynamic configuration of its cluster (reference 8.3 and 8.4, behaviour 6).
//
//     PatroniMember member{.name = "pg-test-1", .scope = "pg-test", .address = "10.10.10.11", .version = 17, …};
//     put_file("/pg/conf/pg-test-1.yml", render_patroni_yml(member));
//     const Yaml wanted = dynamic_configuration({.parameters = …});      // PATCH of what differs, key by key
//
// The file holds what is local to the member alone, so a change of a parameter touches the DCS and no file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/render/failover_plan.h"
#include "core/render/pg_tune.h"
#include "core/render/secret_reference.h"
#include "core/render/yaml.h"

namespace pigsty::render {

// initdb's options. All are fixed after creation.
struct Initdb {
    std::string encoding = "UTF8";
    std::string locale = "C";
    std::string lc_collate = "C";
    std::string lc_ctype = "C";
    bool checksum = true;  // crit has them in any case
};

// A group of a shard (reference 8.14).
struct CitusGroup {
    std::int64_t group = 0;
    std::string database;
};

struct PatroniMember {
    std::string name;                   // pg-test-1
    std::string scope;                  // pg-test
    std::string etcd_user{};            // empty: called as the scope
    std::optional<CitusGroup> citus{};  // null: no group
    std::string address;
    std::vector<std::string> listen{"127.0.0.1"};  // of PostgreSQL; REST is at `address` alone
    std::string role = "replica";                  // primary | replica | offline | delayed, as declared
    bool nofailover = false;
    std::string upstream{};    // member that it streams from; empty: the leader
    std::string rto = "norm";  // name of the failover plan
    std::int64_t version = 17;
    std::string template_name = "oltp";
    std::int64_t port = 5432;
    std::int64_t rest_port = 8008;
    std::string watchdog = "off";  // off | automatic | required
    std::string log_level = "INFO";
    std::string dcs_namespace = "/pg";  // of its keys in etcd
    bool ssl = true;                    // of PostgreSQL
    bool rest_ssl = true;               // of the REST interface
    std::string bin_dir;                // /usr/lib/postgresql/17/bin
    std::string data_dir = "/pg/data";
    std::vector<std::string> etcd_endpoints;    // "https://10.10.10.10:2379"
    std::vector<std::string> rest_allowlist{};  // networks that may change things through REST, besides the members
    Initdb initdb{};
    std::map<std::string, std::string> parameters{};  // of this member alone
    std::string restore_command{};  // how it gets WAL that the leader no longer has; empty: it does not
    std::string clone_command{};    // a way to copy the data that is tried first; empty: none
    SecretReference replication{"replication"};
    SecretReference rest{"patroni"};
    std::optional<SecretReference> superuser{};  // null: peer authentication alone
    SecretReference etcd{"etcd"};
    // What Patroni writes to the DCS where there is no configuration yet. Null: its timing alone, for clusters whose
    // configuration was put there before the first start.
    std::optional<Yaml> bootstrap{};
};

// Where things are that patroni.yml names: written by the module, read by Patroni and PostgreSQL.
inline constexpr const char* kHbaFile = "/pg/conf/pg_hba.conf";
inline constexpr const char* kIdentFile = "/pg/conf/pg_ident.conf";
inline constexpr const char* kPgpassFile = "/pg/conf/pgpass";
inline constexpr const char* kServerCertificate = "/pg/cert/server.crt";
inline constexpr const char* kServerKey = "/pg/cert/server.key";
inline constexpr const char* kCaCertificate = "/pg/cert/ca.crt";
inline constexpr const char* kEtcdCertificate = "/pg/cert/etcd.crt";  // a client leaf with an empty CN (behaviour 8)
inline constexpr const char* kEtcdKey = "/pg/cert/etcd.key";
inline constexpr const char* kPostgresLogDir = "/pg/log/postgres";
inline constexpr const char* kPatroniLogDir = "/pg/log/patroni";
inline constexpr const char* kPgbouncerLogDir = "/pg/log/pgbouncer";
inline constexpr const char* kSocketDir = "/var/run/postgresql";
inline constexpr const char* kWatchdogDevice = "/dev/watchdog";
// Patroni's tag that holds the declared role: the truth about it (behaviour 6).
inline constexpr const char* kRoleTag = "pigsty_role";

std::string render_patroni_yml(const PatroniMember& member);

// PostgreSQL's parameters that stand in the file.
Yaml member_parameters(const PatroniMember& member);

// The options of initdb as Patroni takes them.
Yaml initdb_options(const Initdb& initdb, std::int64_t version, std::string_view template_name);

// Whether a commit waits for standbys, with everything decided.
struct SynchronousMode {
    bool enabled = false;
    bool quorum = false;     // any `count` of them instead of named ones
    bool strict = false;     // without a standby no commit passes
    std::int64_t count = 1;  // standbys that a commit waits for
};

struct DynamicConfiguration {
    std::string cluster;
    std::string shard{};     // empty: called as the cluster
    std::int64_t group = 0;  // of the shard
    std::int64_t version = 17;
    std::string rto = "norm";
    std::int64_t maximum_lag = 1048576;  // bytes that a standby may lack and still be promoted
    SynchronousMode synchronous{};
    PgParameters parameters{};                       // of pg_tune
    std::map<std::string, std::string> overrides{};  // attribute `parameters`: win over the template
};

Yaml dynamic_configuration(const DynamicConfiguration& input);

// Parameters that Patroni takes from the dynamic configuration alone ("Patroni's eleven"): a member cannot have its own.
const std::vector<std::string>& dcs_only_parameters();
// Parameters that belong to Patroni's own sections or to files of ours: nobody may set them in `parameters`.
// Nothing where the name is free; else what sets it ("attribute port", "Patroni").
std::optional<std::string> parameter_owner(std::string_view name);

}  // namespace pigsty::render
