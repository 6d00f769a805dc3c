#include "provider/resource/pg_cluster_attributes.h"

#include <spdlog/fmt/fmt.h>

#include "core/module/pgsql/spec/constraints.h"
#include "core/render/failover_plan.h"
#include "provider/configuration/pg_objects.h"
#include "provider/resource/module_attributes.h"
#include "provider/resource/pg_backup_attributes.h"
#include "provider/resource/pg_citus_attributes.h"
#include "provider/resource/pg_cluster_reach_attributes.h"
#include "provider/resource/pg_default_role_attributes.h"
#include "provider/resource/pg_standby_attributes.h"

namespace pigsty::provider {

using module::pgsql::Extension;
using module::pgsql::HbaRule;
using module::pgsql::Instance;
using module::pgsql::Networks;
using module::pgsql::Pgbouncer;
using module::pgsql::PgCluster;
using module::pgsql::Service;
using module::pgsql::Sizing;
using module::pgsql::Synchronous;

namespace {

constexpr const char* kFixed = "it is decided when the cluster is created; make a new cluster and move the data there";

Attributes<Instance> instance_attributes() {
    return {
        within(&Instance::node, node_address_attributes(kIpv4Address)),
        attribute("role", &Instance::role)
            .fixed_default("replica")
            .validate(framework::one_of(module::pgsql::kInstanceRoles))
            .description(
                "`primary`: where the cluster is initialised, exactly one. `replica`. `offline`: never leads, "
                "left out of the "
                "replica service, first in the offline service. `delayed`: applies every transaction `delay` "
                "after its commit, never leads, in no service of Pigsty's. A wish for placement: who leads later is "
                "Patroni's affair."),
        attribute("offline_query", &Instance::offline_query)
            .fixed_default(false)
            .description("Serves the offline service too, and HBA rules with `role = \"offline\"` hold here."),
        attribute("weight", &Instance::weight)
            .fixed_default(100)
            .validate(framework::between(module::pgsql::kWeights))
            .description("Share of the load in HAProxy's services."),
        attribute("delay", &Instance::delay)
            .optional()
            .example("\"1h\"")
            .description(
                "Of a `delayed` member: how long it lags behind on purpose (`recovery_min_apply_delay`), so that "
                "what was deleted by mistake can still be read there. It goes over to another upstream, a new "
                "leader as well, when it has applied what it holds back, or when it restarts."),
        attribute("upstream", &Instance::upstream)
            .optional()
            .example("\"2\"")
            .description("Number of the member that it streams from (Patroni's `replicatefrom`); not set: the leader. "
                         "While that one is down, it streams from the leader. No commit waits for it."),
        attribute("nofailover", &Instance::nofailover).fixed_default(false).description("Never becomes the leader."),
        attribute("parameters", &Instance::parameters)
            .optional()
            .description("PostgreSQL parameters of this member alone. Those that all members must agree in belong into "
                         "the cluster's "
                         "`parameters`."),
    };
}

Attributes<Service> service_attributes() {
    return {
        attribute("port", &Service::port).required().validate(framework::port()).description("Port on every member."),
        attribute("ip", &Service::ip).fixed_default("*").description("Address to listen on."),
        attribute("selector", &Service::selector)
            .fixed_default("[]")
            .description("JMESPath over the members: who serves."),
        attribute("dest", &Service::dest)
            .fixed_default("default")
            .description("`default` (see `default_service_dest`), `postgres`, `pgbouncer` or a port."),
        attribute("check", &Service::check)
            .fixed_default("/")
            .description("Patroni's health endpoint that must say 200."),
        attribute("backup", &Service::backup)
            .optional()
            .description("JMESPath: members that serve only when no other can."),
        attribute("maxconn", &Service::maxconn)
            .fixed_default(5000)
            .validate(framework::between(module::pgsql::kServiceConnections))
            .description("Most connections."),
        attribute("balance", &Service::balance).fixed_default("roundrobin").description("HAProxy's way to choose."),
        attribute("options", &Service::options).optional().description("Options of HAProxy's `default-server`."),
    };
}

Attributes<Extension> extension_attributes() {
    return {
        attribute("name", &Extension::name).required().description("Name of the extension."),
        attribute("schema", &Extension::schema).optional().description("Schema for its objects."),
    };
}

Attributes<Pgbouncer> pgbouncer_attributes() {
    return {
        attribute("enabled", &Pgbouncer::enabled).fixed_default(true).description("Run pgbouncer on each member."),
        port_attribute("port", &Pgbouncer::port).description("Its port."),
        attribute("pool_mode", &Pgbouncer::pool_mode)
            .fixed_default("transaction")
            .validate(framework::one_of(module::pgsql::kPoolModes))
            .description("When a server connection goes back to the pool."),
        attribute("ssl_mode", &Pgbouncer::ssl_mode)
            .fixed_default("disable")
            .validate(framework::one_of(module::pgsql::kTlsModes))
            .description("TLS of clients, `client_tls_sslmode`."),
        attribute("auth_query", &Pgbouncer::auth_query)
            .fixed_default(false)
            .description("Look up users that its list does not name in PostgreSQL."),
        nested("hba_rules", &Pgbouncer::hba_rules, hba_rule_attributes())
            .optional()
            .description("Rules of pgbouncer's HBA file, behind the default ones."),
        nested("default_hba_rules", &Pgbouncer::default_hba_rules, hba_rule_attributes())
            .optional()
            .description("Instead of the default rules; `[]`: none."),
    };
}

// One table says what the plans are, here too.
std::string rto_description() {
    std::string text =
        "How quickly a dead leader is replaced, against how long a pause of network, disk or etcd is borne";
    for (const render::FailoverPlan& plan : render::kFailoverPlans)
        text += fmt::format("{} `{}`: writes go on within {} s (ttl {} s, loop_wait {} s, retry_timeout {} s)",
                            plan.name == render::kFailoverPlans.front().name ? ":" : ",", plan.name, plan.promise,
                            plan.ttl, plan.loop_wait, plan.retry_timeout);
    return text + ". Also how often HAProxy looks at its servers. Changed in place, nothing restarts.";
}

Attributes<Synchronous> synchronous_attributes() {
    return {
        attribute("enabled", &Synchronous::enabled)
            .optional()
            .description("Whether commits wait for a standby. Not set: where `template` is `crit` or `rpo` is 0."),
        attribute("mode", &Synchronous::mode)
            .fixed_default("on")
            .validate(framework::one_of(module::pgsql::kSynchronousModes))
            .description("`on`: for `count` named standbys. `quorum`: for any `count` of them, whichever is quickest "
                         "(Patroni 4.0 or newer)."),
        attribute("strict", &Synchronous::strict)
            .optional()
            .description("Without a standby no commit passes, instead of passing unreplicated. Not set: under `crit`, "
                         "once two members may lead. While no other standby streams, Patroni lets any of them "
                         "acknowledge, `offline` ones too."),
        attribute("count", &Synchronous::count)
            .fixed_default(1)
            .validate(framework::between(module::pgsql::kSynchronousStandbys))
            .description("Standbys that a commit waits for."),
    };
}

}  // namespace

Attributes<PgCluster> pg_cluster_attributes() {
    return {
        cluster_name_attribute(&PgCluster::name)
            .example("\"pg-test\"")
            .description(
                "Name of the cluster: prefix of the members' names, and Patroni's scope but in a Citus group."),
        attribute("mode", &PgCluster::mode)
            .fixed_default("pgsql")
            .validate(framework::one_of(module::pgsql::kModes))
            .fixed_after_creation("a group of Citus is made as one")
            .description("`pgsql`, or `citus`: one group of a sharded database, see `citus`."),
        nested("citus", &PgCluster::citus, pg_citus_attributes())
            .optional()
            .example("{ shard = \"pg-citus\", group = 0, database = \"meta\" }")
            .description(
                "With `mode = \"citus\"`: which group of which shard this cluster is. The coordinator, group 0, knows "
                "the others through Patroni, whoever leads in them; an apply ends when it does. `libs` begins with "
                "citus, `hba_rules` let `postgres` in from the other groups, and all groups have one `dbsu_password`. "
                "A "
                "group that is destroyed is forgotten by the coordinator; one that holds shards is not destroyed while "
                "the coordinator lives."),
        members_attribute("instances", &PgCluster::instances, 99, instance_attributes())
            .description("Members by number."),
        attribute("version", &PgCluster::version)
            .kept()
            .validate(framework::between(module::pgsql::kVersions))
            .fixed_after_creation("a major version changes by moving to a new cluster")
            .example("17")
            .description(
                "PostgreSQL's major version. Not set: the newest that the machines' repositories offer, then kept."),
        attribute("template", &PgCluster::template_name)
            .fixed_default("oltp")
            .validate(framework::one_of(module::pgsql::kTemplates))
            .description("What the settings are tuned for. `crit` loses no committed transaction: synchronous "
                         "replication, checksums."),
        attribute("template_revision", &PgCluster::template_revision)
            .kept()
            .validate(framework::at_least(1))
            .description("Revision of the template. Not set: the newest at creation, then kept, so that a new version "
                         "of the provider "
                         "plans no restart."),
        object("sizing", &PgCluster::sizing, sizing_attributes())
            .kept()
            .example("{ cpu = 4, memory_mb = 8192, disk_gb = 100 }")
            .description("What the templates are a function of. Not set: the smallest member's facts at creation, "
                         "rounded down, then kept."),
        attribute("parameters", &PgCluster::parameters)
            .optional()
            .example("{ work_mem = \"64MB\" }")
            .description(
                "PostgreSQL parameters of the whole cluster; they win over the template. They live in Patroni's "
                "dynamic configuration, where keys that are not ours are left alone. Names and values are "
                "read as PostgreSQL reads them; what it, or Patroni, would not take is refused before "
                "anything is written."),
        attribute("max_connections", &PgCluster::max_connections)
            .optional()
            .validate(framework::between(module::pgsql::kConnections))
            .description("Most connections. Not set: the template's. Patroni takes no less than 25."),
        attribute("libs", &PgCluster::libs)
            .optional()
            .example("[\"pg_stat_statements\", \"auto_explain\", \"$libdir/passwordcheck\"]")
            .description("`shared_preload_libraries`, in this order. Not set: `pg_stat_statements`, `auto_explain`. A "
                         "library that is on no member is refused before any server gets it; changed by a restart."),
        attribute("extension_packages", &PgCluster::extension_packages)
            .optional()
            .example("[\"postgis\", \"pgvector\"]")
            .description(
                "Extensions whose packages every member gets, by the extension's name or by the package's. They "
                "are installed before a database can ask for the extension, and stay when they are left out."),
        attribute("checksum", &PgCluster::checksum)
            .fixed_default(true)
            .fixed_after_creation(kFixed)
            .description("Data checksums. `crit` has them in any case."),
        attribute("encoding", &PgCluster::encoding)
            .fixed_default("UTF8")
            .fixed_after_creation(kFixed)
            .description("Encoding of databases."),
        attribute("locale", &PgCluster::locale)
            .fixed_default("C")
            .fixed_after_creation(kFixed)
            .description("Locale of databases."),
        attribute("lc_collate", &PgCluster::lc_collate)
            .fixed_default("C")
            .fixed_after_creation(kFixed)
            .description("Collation."),
        attribute("lc_ctype", &PgCluster::lc_ctype)
            .fixed_default("C")
            .fixed_after_creation(kFixed)
            .description("Character classes."),
        port_attribute("port", &PgCluster::port)
            .fixed_after_creation("this version does not move a living cluster to another port")
            .description("PostgreSQL's port."),
        data_dir_attribute(&PgCluster::data_dir)
            .fixed_after_creation(kFixed)
            .description("Folder that holds the cluster's own folder; `/pg` leads there."),
        attribute("ssl", &PgCluster::ssl)
            .fixed_default(true)
            .fixed_after_creation("this version does not switch TLS of a living cluster")
            .description("TLS for PostgreSQL's clients and replication, and for Patroni's REST interface where "
                         "`patroni.ssl` is not set."),
        nested("hba_rules", &PgCluster::hba_rules, hba_rule_attributes())
            .optional()
            .description("Rules of `pg_hba.conf`, behind the default ones."),
        nested("default_hba_rules", &PgCluster::default_hba_rules, hba_rule_attributes())
            .optional()
            .description("Instead of the default rules; `[]`: none."),
        nested("networks", &PgCluster::networks, network_attributes())
            .optional()
            .description("What the aliases of HBA rules mean."),
        nested("pgbouncer", &PgCluster::pgbouncer, pgbouncer_attributes())
            .optional()
            .description("The connection pool on each member."),
        nested("services", &PgCluster::services, service_attributes())
            .optional()
            .validate(framework::keys(framework::follows(kServiceName)))
            .description("Services of HAProxy by name, besides the default ones, under other names than theirs."),
        nested("default_services", &PgCluster::default_services, service_attributes())
            .optional()
            .validate(framework::keys(framework::follows(kServiceName)))
            .description("Instead of primary 5433, replica 5434, default 5436 and offline 5438; under synchronous "
                         "replication also instead of standby 5435, which leads to who is synchronous."),
        attribute("default_service_dest", &PgCluster::default_service_dest)
            .fixed_default("pgbouncer")
            .validate(framework::one_of(module::pgsql::kServiceDestinations))
            .description("Where services with `dest = \"default\"` lead."),
        ca_attribute(&PgCluster::ca).description("The authority that signs the members' certificates."),
        object("dcs", &PgCluster::dcs, etcd_access_attributes())
            .required()
            .example("pigsty_etcd_cluster.this.access")
            .description("The etcd cluster that Patroni agrees in."),
        attribute("rto", &PgCluster::rto)
            .fixed_default("norm")
            .validate(framework::one_of(module::pgsql::kRtos))
            .description(rto_description()),
        attribute("rpo", &PgCluster::rpo)
            .fixed_default(1048576)
            .validate(framework::between(module::pgsql::kLag))
            .description("Bytes that a failover may lose: a standby that lacks more is not promoted. 0: none, by "
                         "synchronous replication."),
        nested("synchronous", &PgCluster::synchronous, synchronous_attributes())
            .optional()
            .example("{ enabled = true }")
            .description("Whether commits wait for standbys. While they do, the service `standby` on 5435 leads to "
                         "these. Changed in place; an apply ends when a synchronous standby is there."),
        nested("vip", &PgCluster::vip, vip_attributes())
            .optional()
            .example("{ address = \"10.10.10.2/24\" }")
            .description("An address that is always where the leader is, kept by vip-manager 2 and a guard on each "
                         "member, which takes it away wherever Patroni does not lead. In the certificates and, first, "
                         "in the `endpoints` of the leader's services. Who holds it is no drift."),
        attribute("listen", &PgCluster::listen)
            .optional()
            .example("[\"$${ip}\", \"$${vip}\", \"$${lo}\"]")
            .description(
                "What PostgreSQL and pgbouncer listen on: `${ip}` (the member's address), `${lo}` (127.0.0.1), "
                "`${vip}` (the address of `vip`, here or not), or addresses; `0.0.0.0` is all. In a "
                "configuration the dollar sign is doubled. Not set: `${ip}` and `${lo}`. pgbouncer takes "
                "another list at once, PostgreSQL with a restart."),
        nested("patroni", &PgCluster::patroni, patroni_attributes())
            .optional()
            .example("{ watchdog = \"automatic\" }")
            .description("Patroni itself."),
        nested("backup", &PgCluster::backup, pg_backup_attributes())
            .optional()
            .example("{ full_schedule = \"00 01 * * *\" }")
            .description(
                "Backups and WAL archiving with pgBackRest. Switched on and off in place, nothing restarts; an "
                "apply ends when a segment of WAL has arrived in the repository and a full backup is there. "
                "Without it the backups so far stay where they are. A destroy takes those of the members' own "
                "disks, and those that are encrypted with a key that goes with the members."),
        attribute("final_backup", &PgCluster::final_backup)
            .fixed_default(false)
            .description(
                "A destroy begins with a full backup, whose label it says, and leaves all backups where they are; "
                "where "
                "that backup cannot be made, the destroy fails before it touches anything. Needs `backup.repository`, "
                "and backups that can be read without the members: `backup.cipher_pass_wo`, or no encryption. As with "
                "`deletion_protection`, what was applied counts, not what is written beside the destroy."),
        nested("standby", &PgCluster::standby, pg_standby_attributes())
            .optional()
            .example("{ upstream = pigsty_pg_cluster.main.connection }")
            .description("Makes this a standby cluster: a copy of its upstream that follows whoever leads there and "
                         "takes no writes. Version, "
                         "encoding, locale, checksums, `ssl` and `ca` are the upstream's, and so are roles, databases "
                         "and the replication "
                         "password. Its one default service is `replica`, which leads to PostgreSQL itself. Removed, "
                         "it is promoted, once "
                         "it has applied what the upstream has written by then, and is a cluster like any other. Only "
                         "a new cluster can have it."),
        nested("restore_from", &PgCluster::restore_from, pg_restore_attributes())
            .optional()
            .description(
                "A new cluster is made out of a backup of another one, or of one that is gone. It has the source's "
                "data, "
                "roles with their passwords, and system identifier, on a later timeline; replication has a password of "
                "its own, and users and databases are imported or left alone. Of the creation alone: what it says can "
                "be removed later, and not be changed."),
        nested("default_roles", &PgCluster::default_roles, pg_default_role_attributes())
            .optional()
            .description("Instead of Pigsty's default roles. One taken off the list stays: it may own objects."),
        attribute("role_passwords_wo", &PgCluster::role_passwords)
            .optional()
            .write_only()
            .sensitive()
            .validate(framework::each(framework::not_empty()))
            .example("{ dbuser_dba = var.dba_password, dbuser_monitor = var.monitor_password }")
            .description(
                "Passwords of default roles by name, plain or as PostgreSQL stores them, never in a state or a "
                "plan. Counts for a role that has none, and for all of them when `role_passwords_wo_version` "
                "changes. Without one a role comes in by peer or certificate only."),
        attribute("role_passwords_wo_version", &PgCluster::role_passwords_version)
            .optional()
            .description("Any number; another one makes `role_passwords_wo` count anew."),
        attribute("dbsu_password", &PgCluster::dbsu_password)
            .optional()
            .sensitive()
            .same_meaning(may_be_given_password)
            .validate(framework::not_empty())
            .description(
                "Password of the superuser `postgres`, for who comes over the network, where `hba_rules` let it "
                "in; over the socket it needs none. Groups of Citus log in to each other with it. It is in the "
                "state; `dbsu_password_wo` never is. Not set: it has none."),
        attribute("dbsu_password_wo", &PgCluster::dbsu_password_wo)
            .optional()
            .write_only()
            .sensitive()
            .validate(framework::not_empty())
            .example("var.dbsu_password")
            .description("The same as `dbsu_password`, never stored in a state or a plan. Counts when "
                         "`dbsu_password_wo_version` changes."),
        attribute("dbsu_password_wo_version", &PgCluster::dbsu_password_wo_version)
            .optional()
            .description("Any number; another one makes `dbsu_password_wo` count anew."),
        attribute("default_privileges", &PgCluster::default_privileges)
            .optional()
            .example("[\"GRANT SELECT ON TABLES TO dbrole_readonly\"]")
            .description(
                "Instead of the default privileges, as `GRANT … ON TABLES|SEQUENCES|FUNCTIONS|SCHEMAS TO role`."),
        attribute("default_schemas", &PgCluster::default_schemas)
            .optional()
            .description("Schemas of every database. Not set: `monitor`."),
        nested("default_extensions", &PgCluster::default_extensions, extension_attributes())
            .optional()
            .description("Extensions of every database, instead of Pigsty's."),
        attribute("restart", &PgCluster::restart)
            .fixed_default("manual")
            .validate(framework::one_of(module::pgsql::kRestarts))
            .description(
                "`manual`: changes that need a restart wait for one. `rolling`: the apply restarts member by member."),
    };
}

}  // namespace pigsty::provider
