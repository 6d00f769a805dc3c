#include "core/module/pgsql/spec/spec.h"

#include "core/base/json_fields.h"

namespace pigsty::render {

void fields(auto& visit, FieldsOf<HbaRule> auto& rule) {
    visit("title", rule.title);
    visit("user", rule.user);
    visit("db", rule.db);
    visit("addr", rule.addr);
    visit("auth", rule.auth);
    visit("role", rule.role);
    visit("order", rule.order);
    visit("rules", rule.rules);
}

void fields(auto& visit, FieldsOf<Networks> auto& networks) {
    visit("intra", networks.intra);
    visit("admin", networks.admin);
    visit("infra", networks.infra);
}

void fields(auto& visit, FieldsOf<Service> auto& service) {
    visit("port", service.port);
    visit("ip", service.ip);
    visit("selector", service.selector);
    visit("dest", service.dest);
    visit("check", service.check);
    visit("backup", service.backup);
    visit("maxconn", service.maxconn);
    visit("balance", service.balance);
    visit("options", service.options);
}

void fields(auto& visit, FieldsOf<Sizing> auto& sizing) {
    visit("cpu", sizing.cpu);
    visit("memory_mb", sizing.memory_mb);
    visit("disk_gb", sizing.disk_gb);
}

void fields(auto& visit, FieldsOf<RoleAttributes> auto& attributes) {
    for (const RoleFlag& flag : kRoleFlags) visit(flag.name, attributes.*flag.member);
    visit("connection_limit", attributes.connection_limit);
    visit("valid_until", attributes.valid_until);
}

// Without the password.
void fields(auto& visit, FieldsOf<Role> auto& role) {
    visit("name", role.name);
    fields(visit, role.attributes);
    visit("roles", role.roles);
    visit("parameters", role.parameters);
    visit("expire_in", role.expire_in);
    visit("comment", role.comment);
    visit("pgbouncer", role.pgbouncer);
    visit("pool_mode", role.pool_mode);
    visit("pool_connlimit", role.pool_connlimit);
}

void fields(auto& visit, FieldsOf<Extension> auto& extension) {
    visit("name", extension.name);
    visit("schema", extension.schema);
}

}  // namespace pigsty::render

namespace pigsty::module::pgsql {

void fields(auto& visit, FieldsOf<Instance> auto& instance) {
    visit("node", instance.node);
    visit("role", instance.role);
    visit("offline_query", instance.offline_query);
    visit("weight", instance.weight);
    visit("nofailover", instance.nofailover);
    visit("delay", instance.delay);
    visit("upstream", instance.upstream);
    visit("parameters", instance.parameters);
}

void fields(auto& visit, FieldsOf<Pgbouncer> auto& pgbouncer) {
    visit("enabled", pgbouncer.enabled);
    visit("port", pgbouncer.port);
    visit("pool_mode", pgbouncer.pool_mode);
    visit("ssl_mode", pgbouncer.ssl_mode);
    visit("auth_query", pgbouncer.auth_query);
    visit("hba_rules", pgbouncer.hba_rules);
    visit("default_hba_rules", pgbouncer.default_hba_rules);
}

void fields(auto& visit, FieldsOf<Synchronous> auto& synchronous) {
    visit("enabled", synchronous.enabled);
    visit("mode", synchronous.mode);
    visit("strict", synchronous.strict);
    visit("count", synchronous.count);
}

void fields(auto& visit, FieldsOf<Vip> auto& vip) {
    visit("address", vip.address);
    visit("interface", vip.interface);
}

void fields(auto& visit, FieldsOf<PatroniOptions> auto& patroni) {
    visit("port", patroni.port);
    visit("ssl", patroni.ssl);
    visit("watchdog", patroni.watchdog);
    visit("log_level", patroni.log_level);
    visit("namespace", patroni.dcs_namespace);
}

void fields(auto& visit, FieldsOf<PgCluster> auto& cluster) {
    visit("name", cluster.name);
    visit("mode", cluster.mode);
    visit("citus", cluster.citus);
    visit("version", cluster.version);
    visit("instances", cluster.instances);
    visit("template", cluster.template_name);
    visit("template_revision", cluster.template_revision);
    visit("sizing", cluster.sizing);
    visit("parameters", cluster.parameters);
    visit("max_connections", cluster.max_connections);
    visit("libs", cluster.libs);
    visit("extension_packages", cluster.extension_packages);
    visit("checksum", cluster.checksum);
    visit("encoding", cluster.encoding);
    visit("locale", cluster.locale);
    visit("lc_collate", cluster.lc_collate);
    visit("lc_ctype", cluster.lc_ctype);
    visit("port", cluster.port);
    visit("data_dir", cluster.data_dir);
    visit("ssl", cluster.ssl);
    visit("hba_rules", cluster.hba_rules);
    visit("default_hba_rules", cluster.default_hba_rules);
    visit("networks", cluster.networks);
    visit("pgbouncer", cluster.pgbouncer);
    visit("services", cluster.services);
    visit("default_services", cluster.default_services);
    visit("default_service_dest", cluster.default_service_dest);
    visit("ca", cluster.ca);
    visit("dcs", cluster.dcs);
    visit("rto", cluster.rto);
    visit("rpo", cluster.rpo);
    visit("synchronous", cluster.synchronous);
    visit("vip", cluster.vip);
    visit("listen", cluster.listen);
    visit("patroni", cluster.patroni);
    visit("backup", cluster.backup);
    visit("final_backup", cluster.final_backup);
    visit("standby", cluster.standby);
    visit("restore_from", cluster.restore_from);
    visit("default_roles", cluster.default_roles);
    visit("role_passwords_version", cluster.role_passwords_version);
    visit("dbsu_password_wo_version", cluster.dbsu_password_wo_version);
    visit("default_privileges", cluster.default_privileges);
    visit("default_schemas", cluster.default_schemas);
    visit("default_extensions", cluster.default_extensions);
    visit("restart", cluster.restart);
}

void fields(auto& visit, FieldsOf<RoleOptions> auto& options) {
    visit("admin", options.admin);
    visit("inherit", options.inherit);
    visit("set", options.set);
}

// Without the password.
void fields(auto& visit, FieldsOf<PgUser> auto& user) {
    visit("cluster", user.cluster);
    visit("name", user.name);
    visit("password_write_only", user.password_write_only);
    visit("password_wo_version", user.password_wo_version);
    fields(visit, user.attributes);
    visit("expire_in", user.expire_in);
    visit("comment", user.comment);
    visit("roles", user.roles);
    visit("role_options", user.role_options);
    visit("parameters", user.parameters);
    visit("pgbouncer", user.pgbouncer);
    visit("pool_mode", user.pool_mode);
    visit("pool_connlimit", user.pool_connlimit);
    visit("resource", user.resource);
}

void fields(auto& visit, FieldsOf<DatabaseExtension> auto& extension) {
    visit("name", extension.name);
    visit("schema", extension.schema);
    visit("version", extension.version);
    visit("cascade", extension.cascade);
}

void fields(auto& visit, FieldsOf<PgDatabase> auto& database) {
    visit("cluster", database.cluster);
    visit("name", database.name);
    visit("owner", database.owner);
    visit("baseline", database.baseline);
    visit("baseline_version", database.baseline_version);
    visit("schemas", database.schemas);
    visit("schema_owners", database.schema_owners);
    visit("extensions", database.extensions);
    visit("comment", database.comment);
    visit("template", database.template_name);
    visit("encoding", database.encoding);
    visit("locale", database.locale);
    visit("lc_collate", database.lc_collate);
    visit("lc_ctype", database.lc_ctype);
    visit("locale_provider", database.locale_provider);
    visit("tablespace", database.tablespace);
    visit("allow_connections", database.allow_connections);
    visit("revoke_public", database.revoke_public);
    visit("connection_limit", database.connection_limit);
    visit("pgbouncer", database.pgbouncer);
    visit("pool_auth_user", database.pool_auth_user);
    visit("pool_mode", database.pool_mode);
    visit("pool_size", database.pool_size);
    visit("pool_size_min", database.pool_size_min);
    visit("pool_reserve", database.pool_reserve);
    visit("pool_connlimit", database.pool_connlimit);
    visit("force_disconnect", database.force_disconnect);
    visit("resource", database.resource);
}

Parameters parameters_of(const Instance& instance) {
    Parameters parameters = instance.parameters;
    if (instance.delay) parameters.insert_or_assign("recovery_min_apply_delay", *instance.delay);
    return parameters;
}

std::string member_name(const PgCluster& cluster, std::string_view key) {
    return pigsty::member_name(cluster.name, key);
}

nlohmann::json to_json(const PgCluster& cluster) { return write_json(cluster); }
nlohmann::json to_json(const PgUser& user) { return write_json(user); }
nlohmann::json to_json(const PgDatabase& database) { return write_json(database); }
nlohmann::json to_json(const Connection& connection) { return write_json(connection); }
nlohmann::json to_json(const Role& role) { return write_json(role); }
nlohmann::json to_json(const Extension& extension) { return write_json(extension); }

Result<PgCluster> pg_cluster_from_json(const nlohmann::json& json) { return read_json<PgCluster>(json); }
Result<PgUser> pg_user_from_json(const nlohmann::json& json) { return read_json<PgUser>(json); }
Result<PgDatabase> pg_database_from_json(const nlohmann::json& json) { return read_json<PgDatabase>(json); }

}  // namespace pigsty::module::pgsql

namespace pigsty {

template nlohmann::json write_json(const module::pgsql::PgCluster& cluster);
template Result<module::pgsql::PgCluster> read_json(const nlohmann::json& json);

}  // namespace pigsty
