// pigsty_pg_database: a database with its owner, schemas, extensions, privileges and place in pgbouncer's list.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/module/pgsql/spec.h"
#include "provider/framework/common_attributes.h"
#include "provider/framework/typed_resource.h"

namespace pigsty::provider {

struct PgDatabaseState {
    module::pgsql::PgDatabase database;
    framework::CommonState common;
};

class PgDatabaseResource final : public framework::TypedResource<PgDatabaseState>,
                                 public framework::Validates<PgDatabaseState>,
                                 public framework::ModifiesPlan<PgDatabaseState>,
                                 public framework::Imports<PgDatabaseState>,
                                 public framework::HasIdentity {
  public:
    [[nodiscard]] framework::Declaration<PgDatabaseState> declare() const override;
    Result<PgDatabaseState> create(const PgDatabaseState& planned, framework::Call& call) const override;
    Result<std::optional<PgDatabaseState>> read(const PgDatabaseState& given, framework::Call& call) const override;
    framework::Updated<PgDatabaseState> update(const PgDatabaseState& prior, const PgDatabaseState& planned,
                                               framework::Call& call) const override;
    Status destroy(const PgDatabaseState& state, framework::Call& call) const override;
    void validate(const PgDatabaseState& config, framework::Validation& validation) const override;
    void modify_plan(framework::Plan<PgDatabaseState>& plan) const override;
    Result<PgDatabaseState> import_state(const framework::ImportKey& key, framework::Call& call) const override;
    [[nodiscard]] std::vector<framework::IdentityAttribute> identity() const override;
};

}  // namespace pigsty::provider
