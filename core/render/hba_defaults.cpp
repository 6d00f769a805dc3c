#include "core/render/hba.h"

namespace pigsty::render {

// Orders leave room: below 100 comes before all of these, from 700 on after them.
const std::vector<HbaRule>& default_pg_hba_rules() {
    static const std::vector<HbaRule> rules{
        {.title = "dbsu access via local os user ident",
         .user = "${dbsu}",
         .addr = "local",
         .auth = "ident",
         .order = 100},
        {.title = "dbsu replication from local os ident",
         .user = "${dbsu}",
         .db = "replication",
         .addr = "local",
         .auth = "ident",
         .order = 150},
        {.title = "replicator replication from localhost",
         .user = "${repl}",
         .db = "replication",
         .addr = "localhost",
         .auth = "pwd",
         .order = 200},
        {.title = "replicator replication from intranet",
         .user = "${repl}",
         .db = "replication",
         .addr = "intra",
         .auth = "pwd",
         .order = 250},
        {.title = "replicator postgres db from intranet",
         .user = "${repl}",
         .db = "postgres",
         .addr = "intra",
         .auth = "pwd",
         .order = 300},
        {.title = "monitor from localhost with password",
         .user = "${monitor}",
         .addr = "localhost",
         .auth = "pwd",
         .order = 350},
        {.title = "monitor from infra host with password",
         .user = "${monitor}",
         .addr = "infra",
         .auth = "pwd",
         .order = 400},
        {.title = "admin access via intranet with password",
         .user = "${admin}",
         .addr = "intra",
         .auth = "pwd",
         .order = 450},
        {.title = "admin access from everywhere with ssl",
         .user = "${admin}",
         .addr = "world",
         .auth = "ssl",
         .order = 500},
        {.title = "pgbouncer read/write via local socket",
         .user = "+dbrole_readonly",
         .addr = "localhost",
         .auth = "pwd",
         .order = 550},
        {.title = "read/write biz user via password",
         .user = "+dbrole_readonly",
         .addr = "intra",
         .auth = "pwd",
         .order = 600},
        {.title = "allow etl offline tasks from intranet",
         .user = "+dbrole_offline",
         .addr = "intra",
         .auth = "pwd",
         .order = 650},
    };
    return rules;
}

const std::vector<HbaRule>& default_pgbouncer_hba_rules() {
    static const std::vector<HbaRule> rules{
        {.title = "dbsu local admin access with os ident",
         .user = "${dbsu}",
         .db = "pgbouncer",
         .addr = "local",
         .auth = "peer",
         .order = 100},
        {.title = "allow all user local access with pwd", .addr = "localhost", .auth = "pwd", .order = 150},
        {.title = "monitor access via intranet with pwd",
         .user = "${monitor}",
         .db = "pgbouncer",
         .addr = "intra",
         .auth = "pwd",
         .order = 200},
        {.title = "reject all other monitor access addr",
         .user = "${monitor}",
         .addr = "world",
         .auth = "deny",
         .order = 250},
        {.title = "admin access via intranet with pwd",
         .user = "${admin}",
         .addr = "intra",
         .auth = "pwd",
         .order = 300},
        {.title = "reject all other admin access addr",
         .user = "${admin}",
         .addr = "world",
         .auth = "deny",
         .order = 350},
        {.title = "allow all user intra access with pwd", .addr = "intra", .auth = "pwd", .order = 400},
    };
    return rules;
}

const std::vector<std::string>& default_intra_networks() {
    static const std::vector<std::string> networks{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"};
    return networks;
}

}  // namespace pigsty::render
