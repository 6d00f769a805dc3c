// pigsty_pg_user: a role that logs in, with its memberships, settings, password and place in pgbouncer's lists.
#pragma once

#include <optional>
#include <string>

#include "core/base/secret.h"
#include "core/module/pgsql/spec/spec.h"
#include "provider/framework/common_attributes.h"
#include "provider/resource/sql_resource.h"

namespace pigsty::provider {

struct PgUserState {
    module::pgsql::PgUser user;
    std::optional<Secret> password_wo;  // only in create, update and while planning
    framework::CommonState common;
};

class PgUserResource final : public SqlResource<PgUserState, module::pgsql::PgUser>,
                             public framework::Validates<PgUserState> {
  public:
    PgUserResource();
    [[nodiscard]] framework::Declaration<PgUserState> declare() const override;
    void validate(const PgUserState& config, framework::Validation& validation) const override;

  protected:
    Result<std::string> create_in(Session& session, const module::pgsql::PgUser& planned, const Operation& operation,
                                  const Cancel& cancel) const override;
    Result<std::optional<Live>> read_in(Session& session, const module::pgsql::PgUser& given, const std::string& id,
                                        std::vector<std::string>& warnings, const Cancel& cancel) const override;
    Status update_in(Session& session, const PgUserState& prior, const PgUserState& planned, const Operation& operation,
                     const Cancel& cancel) const override;
    Status drop_in(Session& session, const module::pgsql::PgUser& state, const std::string& id,
                   const Operation& operation, const Cancel& cancel) const override;
    Result<Imported> import_in(Session& session, const std::string& name, const Cancel& cancel) const override;
    void before_write(PgUserState& state) const override;
    void modify_more(framework::Plan<PgUserState>& plan) const override;
    [[nodiscard]] module::pgsql::PgUser whole(const PgUserState& state) const override;
};

}  // namespace pigsty::provider
