#include "provider/resource/pg_standby_attributes.h"

#include "provider/configuration/pg_objects.h"
#include "provider/resource/module_attributes.h"

namespace pigsty::provider {

using module::pgsql::Standby;

Attributes<Standby> pg_standby_attributes() {
    return {
        object("upstream", &Standby::upstream, pg_connection_attributes())
            .required()
            .example("pigsty_pg_cluster.main.connection")
            .description(
                "The cluster to follow: its `connection`. This one gets lines in the upstream's `pg_hba.conf` and a "
                "replication slot on each of its members, which go with it. Fixed after creation."),
        attribute("port", &Standby::port)
            .fixed_default(Standby().port)
            .validate(framework::port())
            .description("Port of the upstream's PostgreSQL."),
        attribute("delay", &Standby::delay)
            .optional()
            .example("\"1h\"")
            .description("How long after its commit there a transaction is applied here, as PostgreSQL writes times. "
                         "Changed in place, by a reload. Not set: at once."),
    };
}

}  // namespace pigsty::provider
