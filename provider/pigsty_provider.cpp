#include "provider/pigsty_provider.h"

#include <chrono>
#include <cstdlib>
#include <string>

#include <spdlog/spdlog.h>

#include "provider/configuration/configure.h"
#include "provider/data_source/etcd_cluster.h"
#include "provider/data_source/minio_cluster.h"
#include "provider/data_source/node.h"
#include "provider/data_source/pg_backups.h"
#include "provider/data_source/pg_cluster.h"
#include "provider/data_source/redis_cluster.h"
#include "provider/function/pg_hba.h"
#include "provider/function/pg_tune.h"
#include "provider/function/scram_sha_256.h"
#include "provider/resource/ca.h"
#include "provider/resource/etcd_cluster.h"
#include "provider/resource/haproxy_service.h"
#include "provider/resource/minio_cluster.h"
#include "provider/resource/node.h"
#include "provider/resource/pg_cluster.h"
#include "provider/resource/pg_database.h"
#include "provider/resource/pg_user.h"
#include "provider/resource/redis_cluster.h"
#include "provider/resource/vip.h"
#include "provider/watch/publisher.h"

namespace pigsty::provider {

using framework::entry;

namespace {

// The host gives us two seconds from its goodbye to our end.
constexpr auto kFarewell = std::chrono::milliseconds(1500);

}  // namespace

framework::Declaration<PigstyConfig> PigstyProvider::declare() const {
    return {.description =
                "Turns plain Linux machines into highly available PostgreSQL clusters, and keeps them so. Reads the "
                "machines over "
                "SSH, shows in the plan what will change on which of them, and changes only that.",
            .attributes = configuration_attributes()};
}

Result<std::shared_ptr<void>> PigstyProvider::configure(const PigstyConfig& config,
                                                        const framework::Unknowns& /*unknown*/,
                                                        framework::Call& /*call*/) const {
    const auto environment = [](const std::string& name) {
        const char* value = std::getenv(name.c_str());
        return std::string(value == nullptr ? "" : value);
    };
    TRY(auto fleet, fleet_from(config, environment, std::make_shared<watch::Publisher>()));
    return std::shared_ptr<void>(std::move(fleet));
}

void PigstyProvider::ended_in_order(const std::shared_ptr<void>& data) const {
    for (const Error& error : static_cast<Fleet*>(data.get())->handover->confirm(Cancel::within(kFarewell)))
        spdlog::warn("a claim waits for its next apply to be confirmed: {} {}", error.host, summary(error));
}

std::vector<framework::Entry<framework::Resource>> PigstyProvider::resources() const {
    return {
        entry<framework::Resource, NodeResource>("pigsty_node"),
        entry<framework::Resource, CaResource>("pigsty_ca"),
        entry<framework::Resource, EtcdClusterResource>("pigsty_etcd_cluster"),
        entry<framework::Resource, MinioClusterResource>("pigsty_minio_cluster"),
        entry<framework::Resource, HaproxyServiceResource>("pigsty_haproxy_service"),
        entry<framework::Resource, PgClusterResource>("pigsty_pg_cluster"),
        entry<framework::Resource, PgUserResource>("pigsty_pg_user"),
        entry<framework::Resource, PgDatabaseResource>("pigsty_pg_database"),
        entry<framework::Resource, RedisClusterResource>("pigsty_redis_cluster"),
        entry<framework::Resource, VipResource>("pigsty_vip"),
    };
}

std::vector<framework::Entry<framework::DataSource>> PigstyProvider::data_sources() const {
    return {
        entry<framework::DataSource, NodeDataSource>("pigsty_node"),
        entry<framework::DataSource, MinioClusterDataSource>("pigsty_minio_cluster"),
        entry<framework::DataSource, EtcdClusterDataSource>("pigsty_etcd_cluster"),
        entry<framework::DataSource, RedisClusterDataSource>("pigsty_redis_cluster"),
        entry<framework::DataSource, PgClusterDataSource>("pigsty_pg_cluster"),
        entry<framework::DataSource, PgBackupsDataSource>("pigsty_pg_backups"),
    };
}

std::vector<framework::Entry<framework::Function>> PigstyProvider::functions() const {
    return {
        entry<framework::Function, ScramSha256>("scram_sha_256"),
        entry<framework::Function, PgHba>("pg_hba"),
        entry<framework::Function, PgTune>("pg_tune"),
    };
}

}  // namespace pigsty::provider
