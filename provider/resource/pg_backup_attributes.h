// Declaration of `backup` of pigsty_pg_cluster.
#pragma once

#include "core/module/pgsql/spec/backup.h"
#include "core/module/pgsql/spec/restore_from.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

// `s3` of `backup` and of `restore_from`.
framework::Attributes<module::pgsql::ForeignS3> pg_s3_attributes();
framework::Attributes<module::pgsql::Backup> pg_backup_attributes();
framework::Attributes<module::pgsql::RestoreFrom> pg_restore_attributes();

}  // namespace pigsty::provider
