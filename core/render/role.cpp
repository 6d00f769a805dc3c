#include "core/render/role.h"

namespace pigsty::render {

const std::vector<Role>& default_roles() {
    static const std::vector<Role> roles{
        {.name = "dbrole_readonly", .attributes = {.login = false}, .comment = "role for global read-only access"},
        {.name = "dbrole_offline", .attributes = {.login = false}, .comment = "role for restricted read-only access"},
        {.name = "dbrole_readwrite",
         .attributes = {.login = false},
         .roles = {"dbrole_readonly"},
         .comment = "role for global read-write access"},
        {.name = "dbrole_admin",
         .attributes = {.login = false},
         .roles = {"pg_monitor", "dbrole_readwrite"},
         .comment = "role for object creation"},
        {.name = kSuperuser, .attributes = {.superuser = true}, .comment = "system superuser"},
        {.name = kReplicationUser,
         .attributes = {.replication = true},
         .roles = {"pg_monitor", "dbrole_readonly"},
         .comment = "system replicator"},
        {.name = kAdminUser,
         .attributes = {.superuser = true},
         .roles = {"dbrole_admin"},
         .comment = "pgsql admin user",
         .pgbouncer = true,
         .pool_mode = "session",
         .pool_connlimit = 16},
        {.name = kMonitorUser,
         .roles = {"pg_monitor", "dbrole_readonly"},
         .parameters = {{"log_min_duration_statement", "1000"}, {"search_path", "monitor,public"}},
         .comment = "pgsql monitor user",
         .pgbouncer = true,
         .pool_mode = "session",
         .pool_connlimit = 8},
    };
    return roles;
}

const std::vector<std::string>& default_privileges() {
    static const std::vector<std::string> privileges{
        "GRANT USAGE ON SCHEMAS TO dbrole_readonly",     "GRANT SELECT ON TABLES TO dbrole_readonly",
        "GRANT SELECT ON SEQUENCES TO dbrole_readonly",  "GRANT EXECUTE ON FUNCTIONS TO dbrole_readonly",
        "GRANT USAGE ON SCHEMAS TO dbrole_offline",      "GRANT SELECT ON TABLES TO dbrole_offline",
        "GRANT SELECT ON SEQUENCES TO dbrole_offline",   "GRANT EXECUTE ON FUNCTIONS TO dbrole_offline",
        "GRANT INSERT ON TABLES TO dbrole_readwrite",    "GRANT UPDATE ON TABLES TO dbrole_readwrite",
        "GRANT DELETE ON TABLES TO dbrole_readwrite",    "GRANT USAGE ON SEQUENCES TO dbrole_readwrite",
        "GRANT UPDATE ON SEQUENCES TO dbrole_readwrite", "GRANT TRUNCATE ON TABLES TO dbrole_admin",
        "GRANT REFERENCES ON TABLES TO dbrole_admin",    "GRANT TRIGGER ON TABLES TO dbrole_admin",
        "GRANT CREATE ON SCHEMAS TO dbrole_admin",
    };
    return privileges;
}

const std::vector<std::string>& default_schemas() {
    static const std::vector<std::string> schemas{"monitor"};
    return schemas;
}

const std::vector<Extension>& default_extensions() {
    static const std::vector<Extension> extensions{
        {.name = "pg_stat_statements", .schema = "monitor"},
        {.name = "pgstattuple", .schema = "monitor"},
        {.name = "pg_buffercache", .schema = "monitor"},
        {.name = "pageinspect", .schema = "monitor"},
        {.name = "pg_prewarm", .schema = "monitor"},
        {.name = "pg_visibility", .schema = "monitor"},
        {.name = "pg_freespacemap", .schema = "monitor"},
        {.name = "postgres_fdw", .schema = "public"},
        {.name = "file_fdw", .schema = "public"},
        {.name = "btree_gist", .schema = "public"},
        {.name = "btree_gin", .schema = "public"},
        {.name = "pg_trgm", .schema = "public"},
        {.name = "intagg", .schema = "public"},
        {.name = "intarray", .schema = "public"},
        {.name = "pg_repack"},
    };
    return extensions;
}

}  // namespace pigsty::render
