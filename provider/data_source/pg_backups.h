// data "pigsty_pg_backups": what a cluster's repository holds, asked on the cluster's own machines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/module/pgsql/backup/look.h"
#include "core/module/pgsql/spec/spec.h"
#include "provider/framework/data_source.h"

namespace pigsty::provider {

struct PgBackupView {
    std::string label, type;
    std::optional<std::string> prior;
    std::string start, stop;  // "2026-11-30T02:28:42Z"
    std::int64_t size = 0, repository_size = 0;
    std::string wal_start, wal_stop;
    bool error = false;
};

struct PgBackupsView {
    std::string name;
    std::vector<node::NodeAddress> nodes;  // machines to ask

    std::string id;
    bool enabled = false;
    std::optional<std::string> repository;
    bool encrypted = false;
    std::string status;  // "ok", "no backups", or what is the matter
    bool ok = false;
    bool running = false;
    std::vector<PgBackupView> backups;
    std::optional<std::string> newest, newest_full;
    std::optional<std::int64_t> age_seconds;
    std::optional<std::string> newest_restorable_time;
    std::optional<bool> archiving;
    std::optional<std::int64_t> wal_waiting;
};

// The leader's own repository counts where each member has one.
PgBackupsView backups_view_of(const module::pgsql::PgCluster& cluster, const std::string& id,
                              const std::vector<module::pgsql::BackupLook>& looks);
// "2026-11-30T02:28:42Z"
std::string utc_text(std::int64_t seconds);

class PgBackupsDataSource final : public framework::TypedDataSource<PgBackupsView> {
  public:
    [[nodiscard]] framework::Declaration<PgBackupsView> declare() const override;
    Result<PgBackupsView> read(const PgBackupsView& config, framework::Call& call) const override;
};

}  // namespace pigsty::provider
