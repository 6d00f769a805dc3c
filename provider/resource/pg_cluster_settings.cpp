#include "provider/resource/pg_cluster_settings.h"

namespace pigsty::provider {
namespace {

constexpr const char* kExtensionSettings = "extension_settings";

}  // namespace

void note_extension_settings(framework::PrivateData& data, const std::string& settings) {
    data.set(kExtensionSettings, settings);
}

std::string extension_settings(const framework::PrivateData& data) { return data.get(kExtensionSettings).value_or(""); }

module::pgsql::Settings settings_of(const module::pgsql::PgCluster& cluster, const framework::PrivateData& data) {
    return module::pgsql::Settings(cluster.version, extension_settings(data));
}

}  // namespace pigsty::provider
