#include "provider/resource/pg_citus_attributes.h"

#include "core/module/pgsql/spec/constraints.h"
#include "provider/resource/module_attributes.h"

namespace pigsty::provider {

using module::pgsql::Citus;

namespace {

constexpr const char* kGroupForLife =
    "A cluster is one group for life: make another cluster for the new one, and move the shards there";

}  // namespace

Attributes<Citus> pg_citus_attributes() {
    return {
        attribute("shard", &Citus::shard)
            .required()
            .fixed_after_creation(kGroupForLife)
            .validate(framework::follows(kClusterName))
            .example("\"pg-citus\"")
            .description("What all groups together are called: Patroni's scope, the same in each."),
        attribute("group", &Citus::group)
            .required()
            .fixed_after_creation(kGroupForLife)
            .validate(framework::between(module::pgsql::kGroups))
            .example("0")
            .description("Number of this group. 0 is the coordinator. One group is one cluster."),
        attribute("database", &Citus::database)
            .required()
            .fixed_after_creation(kGroupForLife)
            .validate(framework::length_between(1, 63))
            .example("\"meta\"")
            .description(
                "The distributed database, the same in all groups. Patroni makes it with the extension citus; a "
                "`pigsty_pg_database` of its name takes it over."),
    };
}

}  // namespace pigsty::provider
