// pigsty_pg_database: a database with its owner, schemas, extensions, privileges and place in pgbouncer's list.
#pragma once

#include <optional>
#include <string>

#include "core/module/pgsql/spec/spec.h"
#include "provider/framework/common_attributes.h"
#include "provider/resource/sql_resource.h"

namespace pigsty::provider {

struct PgDatabaseState {
    module::pgsql::PgDatabase database;
    framework::CommonState common;
};

class PgDatabaseResource final : public SqlResource<PgDatabaseState, module::pgsql::PgDatabase>,
                                 public framework::Validates<PgDatabaseState> {
  public:
    PgDatabaseResource();
    [[nodiscard]] framework::Declaration<PgDatabaseState> declare() const override;
    void validate(const PgDatabaseState& config, framework::Validation& validation) const override;

  protected:
    Result<std::string> create_in(Session& session, const module::pgsql::PgDatabase& planned,
                                  const Operation& operation, const Cancel& cancel) const override;
    Result<std::optional<Live>> read_in(Session& session, const module::pgsql::PgDatabase& given, const std::string& id,
                                        std::vector<std::string>& warnings, const Cancel& cancel) const override;
    Status update_in(Session& session, const PgDatabaseState& prior, const PgDatabaseState& planned,
                     const Operation& operation, const Cancel& cancel) const override;
    Status drop_in(Session& session, const module::pgsql::PgDatabase& state, const std::string& id,
                   const Operation& operation, const Cancel& cancel) const override;
    Result<Imported> import_in(Session& session, const std::string& name, const Cancel& cancel) const override;
    void modify_more(framework::Plan<PgDatabaseState>& plan) const override;
};

}  // namespace pigsty::provider
