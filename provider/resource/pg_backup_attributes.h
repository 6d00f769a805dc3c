// Declaration of `backup` of pigsty_pg_cluster.
#pragma once

#include "core/module/pgsql/spec/backup.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::pgsql::Backup> pg_backup_attributes();

}  // namespace pigsty::provider
