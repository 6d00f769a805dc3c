// What resources that live in SQL share: the session of their cluster, its connection object in plans, import by
// CLUSTER/NAME@ADDRESS.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/unknown.h"
#include "core/module/pgsql/pool/lists.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"
#include "provider/configuration/fleet.h"
#include "provider/framework/typed_resource.h"

namespace pigsty::provider {

// `cluster` of users and databases: another `id`, or one that is not known yet, is another cluster and so another object.
framework::AttributeBuilder<module::pgsql::PgUser, true> cluster_attribute(
    module::pgsql::Connection module::pgsql::PgUser::* member);
framework::AttributeBuilder<module::pgsql::PgDatabase, true> cluster_attribute(
    module::pgsql::Connection module::pgsql::PgDatabase::* member);

// The same cluster, and one of the machines in the state still serves it: the state's object stays, so that neither
// a failover nor a new member changes users (behaviour 12).
bool still_reaches(const module::pgsql::Connection& prior, const module::pgsql::Connection& planned);

// As the claim has it now.
module::pgsql::Connection fresh_connection(const module::pgsql::ClusterSession& session);

// {cluster, name} for ever, and an address that only import asks for.
std::vector<framework::IdentityAttribute> sql_identity();

struct SqlImport {
    std::shared_ptr<module::pgsql::ClusterSession> session;
    std::string name;
};
Result<SqlImport> sql_import(const framework::ImportKey& key, framework::Call& call);

// One operation on one object: how leases and progress name it, and its warnings, which become diagnostics when it ends.
class SqlOperation {
  public:
    // verb "create", type "pg_user", what "role"
    SqlOperation(framework::Call& call, const module::pgsql::Connection& cluster, std::string_view verb,
                 std::string_view type, std::string_view what, const std::string& name);
    ~SqlOperation();
    SqlOperation(const SqlOperation&) = delete;
    SqlOperation& operator=(const SqlOperation&) = delete;

    [[nodiscard]] const module::pgsql::Operation& operation() const { return operation_; }
    // To be called with what came of it: one progress line.
    void ended(const Status& status) const;

  private:
    framework::Call& call_;
    std::string cluster_;
    std::string what_;
    std::vector<std::string> warnings_;
    module::pgsql::Operation operation_;
    Cancel::Clock::time_point begun_ = Cancel::Clock::now();
};

inline const Fleet& fleet_of(const framework::Call& call) { return *call.provider<Fleet>(); }

template <class S, class Object>
void keep_connection(framework::Plan<S>& plan, Object S::* object) {
    if (plan.prior == nullptr) return;
    const module::pgsql::Connection& prior = (plan.prior->*object).cluster;
    module::pgsql::Connection& planned = (plan.planned.*object).cluster;
    if (prior == planned || !still_reaches(prior, planned)) return;
    planned = prior;
    plan.decide("cluster");
}

}  // namespace pigsty::provider
