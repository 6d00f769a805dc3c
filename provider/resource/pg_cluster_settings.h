// What PostgreSQL's settings are in one cluster: the table of its version, and what the libraries of its server have added, as
// the last look at it saw them (private data).
//
//     note_extension_settings(call.private_data, server.of_extensions);   // Read
//     settings_of(plan.planned.spec, plan.private_data)                   // plan and apply
#pragma once

#include <string>

#include "core/module/pgsql/spec/settings.h"
#include "core/module/pgsql/spec/spec.h"
#include "provider/framework/private_data.h"

namespace pigsty::provider {

void note_extension_settings(framework::PrivateData& data, const std::string& settings);
std::string extension_settings(const framework::PrivateData& data);
module::pgsql::Settings settings_of(const module::pgsql::PgCluster& cluster, const framework::PrivateData& data);

}  // namespace pigsty::provider
