#include "provider/configuration/pg_objects.h"

#include "provider/configuration/attributes.h"
#include "provider/framework/validators.h"

namespace pigsty::provider {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using module::pgsql::Connection;
using module::pgsql::Endpoint;
using module::pgsql::Failover;
using render::HbaRule;
using render::Networks;
using render::Sizing;

Attributes<HbaRule> hba_rule_attributes() {
    return {
        attribute("title", &HbaRule::title).optional().description("Comment above the rule."),
        attribute("user", &HbaRule::user)
            .fixed_default("all")
            .description(
                "A name, `+role`, `all`, a comma list of names, or `${dbsu}`, `${admin}`, `${repl}`, `${monitor}`."),
        attribute("db", &HbaRule::db)
            .fixed_default("all")
            .description("A name, `all`, `replication`, or a comma list."),
        attribute("addr", &HbaRule::addr)
            .optional()
            .example("\"intra\"")
            .description("`local`, `localhost`, `cluster`, `intra`, `admin`, `infra`, `world`, an address or a CIDR."),
        attribute("auth", &HbaRule::auth)
            .fixed_default("pwd")
            .description(
                "`pwd`, `ssl`, `cert`, `peer`, `ident`, `sha`, `ssl-sha`, `md5`, `ssl-md5`, `trust` or `deny`."),
        attribute("role", &HbaRule::role)
            .fixed_default("common")
            .description("`common`: on all members. `offline`: on members declared offline."),
        attribute("order", &HbaRule::order).optional().description("Rules with an order stand first, lowest first."),
        attribute("rules", &HbaRule::rules)
            .optional()
            .description("Lines as they are, instead of user, db, addr and auth."),
    };
}

Attributes<Networks> network_attributes() {
    return {
        attribute("intra", &Networks::intra)
            .optional()
            .validate(framework::each(framework::cidr()))
            .description("What `intra` means in HBA rules. Not set: RFC 1918 and 100.64.0.0/10."),
        attribute("admin", &Networks::admin)
            .optional()
            .validate(framework::each(framework::cidr()))
            .description("What `admin` means."),
        attribute("infra", &Networks::infra)
            .optional()
            .validate(framework::each(framework::cidr()))
            .description("What `infra` means."),
    };
}

Attributes<Sizing> sizing_attributes() {
    return {
        attribute("cpu", &Sizing::cpu).required().validate(framework::at_least(1)).description("CPUs."),
        attribute("memory_mb", &Sizing::memory_mb)
            .required()
            .validate(framework::at_least(render::kLeastMemoryMb))
            .description("Memory, in MB."),
        attribute("disk_gb", &Sizing::disk_gb)
            .required()
            .validate(framework::at_least(1))
            .description("Disk for data, in GB."),
    };
}

Attributes<Connection> pg_connection_attributes() {
    return {
        attribute("id", &Connection::id)
            .required()
            .description("The cluster's `id`: unknown until it exists, which is how what depends on it knows."),
        attribute("name", &Connection::name).required().description("Its name."),
        nested("members", &Connection::members, node_address_attributes())
            .required()
            .description("The members' machines."),
    };
}

Attributes<Endpoint> pg_endpoint_attributes() {
    return {
        attribute("hosts", &Endpoint::hosts)
            .computed()
            .description("The members' addresses; before them the virtual one, where the service leads to the leader."),
        attribute("port", &Endpoint::port).computed().description("The service's port."),
        attribute("uri", &Endpoint::uri)
            .computed()
            .description("`postgresql://` with every host, without user, database and password."),
    };
}

Attributes<Failover> pg_failover_attributes() {
    return {
        attribute("ttl", &Failover::ttl).computed().description("Seconds that the leader's lease outlives the leader."),
        attribute("loop_wait", &Failover::loop_wait).computed().description("Seconds between two of Patroni's looks."),
        attribute("retry_timeout", &Failover::retry_timeout)
            .computed()
            .description("Seconds that Patroni tries again to reach etcd or PostgreSQL; `loop_wait` and twice this fit "
                         "into `ttl`."),
        attribute("primary_start_timeout", &Failover::primary_start_timeout)
            .computed()
            .description("Seconds that a crashed leader may take to start again before another one is promoted."),
        attribute("maximum_lag", &Failover::maximum_lag)
            .computed()
            .description("Bytes that a standby may lack and still be promoted."),
        attribute("synchronous_mode", &Failover::synchronous_mode).computed().description("`off`, `on` or `quorum`."),
        attribute("synchronous_strict", &Failover::synchronous_strict)
            .computed()
            .description("Without a standby no commit passes."),
        attribute("synchronous_count", &Failover::synchronous_count)
            .computed()
            .description("Standbys that a commit waits for."),
        attribute("haproxy_checks", &Failover::haproxy_checks)
            .computed()
            .description("How often HAProxy asks, and how many answers it believes, where a service has no `options`."),
    };
}

}  // namespace pigsty::provider
