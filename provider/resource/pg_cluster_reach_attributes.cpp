#include "provider/resource/pg_cluster_reach_attributes.h"

#include "core/module/pgsql/spec/constraints.h"
#include "provider/resource/module_attributes.h"

namespace pigsty::provider {

using module::pgsql::PatroniOptions;
using module::pgsql::Vip;

Attributes<Vip> vip_attributes() {
    return {
        attribute("address", &Vip::address)
            .required()
            .example("\"10.10.10.2/24\"")
            .description("Address with the prefix of its network. It is put on alone (`/32`), so that no member sends "
                         "from it. Nobody else may have it."),
        attribute("interface", &Vip::interface)
            .fixed_default("auto")
            .description("Interface on each member. `auto`: the one that holds the member's address, looked up "
                         "whenever vip-manager starts."),
    };
}

Attributes<PatroniOptions> patroni_attributes() {
    return {
        attribute("port", &PatroniOptions::port)
            .fixed_default(PatroniOptions().port)
            .validate(framework::port())
            .fixed_after_creation("this version does not move Patroni of a living cluster to another port")
            .description("Port of its REST interface, which HAProxy asks who leads."),
        attribute("ssl", &PatroniOptions::ssl)
            .optional()
            .fixed_after_creation("this version does not switch TLS of a living cluster")
            .description("TLS of the same. Not set: as the cluster's `ssl`."),
        attribute("watchdog", &PatroniOptions::watchdog)
            .optional()
            .validate(framework::one_of(module::pgsql::kWatchdogs))
            .description(
                "Whether a machine resets itself when Patroni there cannot let go of the leader's lock in time. "
                "`automatic`: where there is `/dev/watchdog`. `required`: a member without one never leads, "
                "so each must have one. Not set: `automatic` under `crit`, else `off`."),
        attribute("log_level", &PatroniOptions::log_level)
            .fixed_default(PatroniOptions().log_level)
            .validate(framework::one_of(module::pgsql::kLogLevels))
            .description("How much it logs to `/pg/log/patroni`."),
        attribute("namespace", &PatroniOptions::dcs_namespace)
            .fixed_default(PatroniOptions().dcs_namespace)
            .fixed_after_creation("its keys in etcd begin with it")
            .description("What its keys in etcd begin with, before the cluster's name."),
    };
}

}  // namespace pigsty::provider
