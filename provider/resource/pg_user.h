// pigsty_pg_user: a role that logs in, with its memberships, settings, password and place in pgbouncer's lists.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/secret.h"
#include "core/module/pgsql/spec.h"
#include "provider/framework/common_attributes.h"
#include "provider/framework/typed_resource.h"

namespace pigsty::provider {

struct PgUserState {
    module::pgsql::PgUser user;
    std::optional<Secret> password_wo;  // only in create, update and while planning
    framework::CommonState common;
};

class PgUserResource final : public framework::TypedResource<PgUserState>,
                             public framework::Validates<PgUserState>,
                             public framework::ModifiesPlan<PgUserState>,
                             public framework::Imports<PgUserState>,
                             public framework::HasIdentity {
  public:
    [[nodiscard]] framework::Declaration<PgUserState> declare() const override;
    Result<PgUserState> create(const PgUserState& planned, framework::Call& call) const override;
    Result<std::optional<PgUserState>> read(const PgUserState& given, framework::Call& call) const override;
    framework::Updated<PgUserState> update(const PgUserState& prior, const PgUserState& planned,
                                           framework::Call& call) const override;
    Status destroy(const PgUserState& state, framework::Call& call) const override;
    void validate(const PgUserState& config, framework::Validation& validation) const override;
    void modify_plan(framework::Plan<PgUserState>& plan) const override;
    Result<PgUserState> import_state(const framework::ImportKey& key, framework::Call& call) const override;
    [[nodiscard]] std::vector<framework::IdentityAttribute> identity() const override;
};

}  // namespace pigsty::provider
