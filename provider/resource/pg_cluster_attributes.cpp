#include "provider/resource/pg_cluster_attributes.h"

#include "core/module/pgsql/constraints.h"
#include "provider/configuration/attributes.h"
#include "provider/configuration/pg_objects.h"
#include "provider/framework/validators.h"
#include "provider/resource/ca.h"
#include "provider/resource/etcd_cluster.h"

namespace pigsty::provider {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using framework::within;
using module::pgsql::Extension;
using module::pgsql::HbaRule;
using module::pgsql::Instance;
using module::pgsql::Networks;
using module::pgsql::Pgbouncer;
using module::pgsql::PgCluster;
using module::pgsql::Role;
using module::pgsql::Service;
using module::pgsql::Sizing;

namespace {

constexpr const char* kFixed = "it is decided when the cluster is created; make a new cluster and move the data there";

Attributes<Instance> instance_attributes() {
    return {
        within(&Instance::node, node_address_attributes(kIpv4Address)),
        attribute("role", &Instance::role)
            .fixed_default("replica")
            .validate(framework::one_of(module::pgsql::kInstanceRoles))
            .description("`primary`: where the cluster is initialised, exactly one. `replica`. `offline`: never leads, "
                         "left out of the "
                         "replica service, first in the offline service. A wish for placement: who leads later is "
                         "Patroni's affair."),
        attribute("offline_query", &Instance::offline_query)
            .fixed_default(false)
            .description("Serves the offline service too, and HBA rules with `role = \"offline\"` hold here."),
        attribute("weight", &Instance::weight)
            .fixed_default(100)
            .validate(framework::between(module::pgsql::kWeights))
            .description("Share of the load in HAProxy's services."),
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

Attributes<Role> role_attributes() {
    return {
        attribute("name", &Role::name).required().description("Name of the role."),
        attribute("login", &Role::login)
            .fixed_default(true)
            .description("May log in. Without a password: by peer or certificate only."),
        attribute("superuser", &Role::superuser).fixed_default(false).description("Superuser."),
        attribute("createdb", &Role::createdb).fixed_default(false).description("May create databases."),
        attribute("createrole", &Role::createrole).fixed_default(false).description("May create roles."),
        attribute("inherit", &Role::inherit).fixed_default(true).description("Inherits the rights of its roles."),
        attribute("replication", &Role::replication).fixed_default(false).description("May replicate."),
        attribute("bypassrls", &Role::bypassrls).fixed_default(false).description("Bypasses row level security."),
        attribute("connection_limit", &Role::connection_limit)
            .fixed_default(-1)
            .validate(framework::at_least(-1))
            .description("Most connections; -1: no limit."),
        attribute("roles", &Role::roles).optional().description("Roles that it is a member of."),
        attribute("parameters", &Role::parameters).optional().description("Settings of its sessions."),
        attribute("comment", &Role::comment).optional().description("Comment."),
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
        attribute("port", &Pgbouncer::port).fixed_default(6432).validate(framework::port()).description("Its port."),
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

}  // namespace

Attributes<PgCluster> pg_cluster_attributes() {
    return {
        attribute("name", &PgCluster::name)
            .required()
            .forces_replacement()
            .validate(framework::follows(kClusterName))
            .example("\"pg-test\"")
            .description("Name of the cluster: Patroni's scope, prefix of the members' names."),
        nested("instances", &PgCluster::instances, instance_attributes())
            .required()
            .validate(framework::keys(framework::member_key()))
            .validate(framework::size_between(1, 99))
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
        attribute("port", &PgCluster::port)
            .fixed_default(5432)
            .validate(framework::port())
            .fixed_after_creation("this version does not move a living cluster to another port")
            .description("PostgreSQL's port."),
        attribute("data_dir", &PgCluster::data_dir)
            .fixed_default("/data/postgres")
            .validate(framework::follows(kDataFolder))
            .fixed_after_creation(kFixed)
            .description("Folder that holds the cluster's own folder; `/pg` leads there."),
        attribute("ssl", &PgCluster::ssl)
            .fixed_default(true)
            .fixed_after_creation("this version does not switch TLS of a living cluster")
            .description("TLS for PostgreSQL's clients, replication and Patroni's REST interface."),
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
            .description("Instead of primary 5433, replica 5434, default 5436 and offline 5438."),
        attribute("default_service_dest", &PgCluster::default_service_dest)
            .fixed_default("pgbouncer")
            .validate(framework::one_of(module::pgsql::kServiceDestinations))
            .description("Where services with `dest = \"default\"` lead."),
        object("ca", &PgCluster::ca, ca_reference_attributes())
            .required()
            .example("pigsty_ca.this.ref")
            .description("The authority that signs the members' certificates."),
        object("dcs", &PgCluster::dcs, etcd_access_attributes())
            .required()
            .example("pigsty_etcd_cluster.this.access")
            .description("The etcd cluster that Patroni agrees in."),
        nested("default_roles", &PgCluster::default_roles, role_attributes())
            .optional()
            .description("Instead of Pigsty's default roles."),
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
