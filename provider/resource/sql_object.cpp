#include "provider/resource/sql_object.h"

#include <algorithm>

#include "core/base/quote.h"
#include "core/module/pgsql/spec/layout.h"
#include "provider/configuration/pg_objects.h"

namespace pigsty::provider {
namespace {

using framework::Value;
using module::pgsql::Connection;

bool is_another_cluster(const Value& prior, const Value& planned) {
    if (!planned.is_known()) return true;
    const Value& id = planned.get("id");
    return !id.is_known() || id != prior.get("id");
}

template <class Object>
framework::AttributeBuilder<Object, true> declared(Connection Object::* member) {
    return framework::object("cluster", member, pg_connection_attributes())
        .required()
        .forces_replacement_if(is_another_cluster, "Another cluster (another `id`) makes a new resource.")
        .example("pigsty_pg_cluster.test.connection")
        .description("The cluster it belongs to: `connection` of `pigsty_pg_cluster`.");
}

constexpr const char* kImportForm = "CLUSTER/NAME@ADDRESS";

}  // namespace

framework::AttributeBuilder<module::pgsql::PgUser, true> cluster_attribute(Connection module::pgsql::PgUser::* member) {
    return declared(member);
}
framework::AttributeBuilder<module::pgsql::PgDatabase, true> cluster_attribute(
    Connection module::pgsql::PgDatabase::* member) {
    return declared(member);
}

bool still_reaches(const Connection& prior, const Connection& planned) {
    if (prior.id != planned.id || prior.name != planned.name) return false;
    return std::ranges::any_of(prior.members, [&](const auto& member) {
        const auto now = planned.members.find(member.first);
        return now != planned.members.end() && now->second == member.second;
    });
}

Connection fresh_connection(const module::pgsql::ClusterSession& session) {
    return module::pgsql::connection_of(session.cluster(), session.id());
}

std::vector<framework::IdentityAttribute> sql_identity() {
    return {{.name = "cluster",
             .description = "Name of the cluster.",
             .from = framework::Path::of("cluster").attribute("name"),
             .required_for_import = true},
            {.name = "name",
             .description = "Name in the cluster.",
             .from = framework::Path::of("name"),
             .required_for_import = true},
            {.name = "address",
             .description = "Address of one of the cluster's machines; only import asks for it.",
             .required_for_import = true}};
}

Result<SqlImport> sql_import(const framework::ImportKey& key, framework::Call& call) {
    SqlImport import;
    std::string cluster = key.get("cluster");
    std::string address = key.get("address");
    import.name = key.get("name");
    if (!key.by_identity()) {
        const auto at = key.id.rfind('@');
        const auto slash = key.id.find('/');
        if (at == std::string::npos || slash == std::string::npos || slash == 0 || slash + 1 >= at ||
            at + 1 == key.id.size()) {
            return fail(Error{.code = ErrorCode::invalid,
                              .message = std::string("expected an import id of the form ") + kImportForm +
                                         ", found \"" + key.id + "\""}
                            .with_hint("ADDRESS is one of the cluster's machines; NAME is percent-encoded"));
        }
        cluster = key.id.substr(0, slash);
        import.name = percent_decode(key.id.substr(slash + 1, at - slash - 1));
        address = key.id.substr(at + 1);
    }
    const Fleet& fleet = fleet_of(call);
    TRY(const node::NodePtr node, fleet.connect({.address = address}, call.cancel));
    TRY_VOID(node->check_claim(module::pgsql::kKind, cluster));
    const auto claim = node->claim(module::pgsql::kKind, cluster);
    if (!claim) {
        return fail(
            Error{.code = ErrorCode::invalid,
                  .message = "expected a machine of the PostgreSQL cluster " + cluster + ", found no claim of it there"}
                .at_host(address)
                .with_hint(std::string("an import id has the form ") + kImportForm +
                           ", with the address of one of the cluster's machines"));
    }
    TRY(const auto spec, module::pgsql::pg_cluster_from_json(claim->spec));
    TRY(import.session, fleet.sessions->of(module::pgsql::connection_of(spec, claim->id), call.cancel));
    return import;
}

SqlOperation::SqlOperation(framework::Call& call, const Connection& cluster, std::string_view verb,
                           std::string_view type, std::string_view what, const std::string& name)
    : call_(call), cluster_(cluster.name), what_(std::string(what) + " " + name) {
    operation_ = {.name = std::string(verb) + " " + std::string(type) + " " + name,
                  .lock_timeout = fleet_of(call).lock_timeout,
                  .warnings = &warnings_};
}

SqlOperation::~SqlOperation() {
    for (const std::string& warning : warnings_) call_.diagnostics.add_warning(what_ + ": " + warning, "");
}

void SqlOperation::ended(const Status& status) const {
    const auto& progress = fleet_of(call_).progress;
    if (!progress) return;
    progress->event({.operation = operation_.name,
                     .member = cluster_,
                     .what = what_,
                     .state = status ? converge::ProgressState::done : converge::ProgressState::failed,
                     .took = std::chrono::duration_cast<std::chrono::milliseconds>(Cancel::Clock::now() - begun_),
                     .detail = status ? "" : summary(status.error())});
}

}  // namespace pigsty::provider
