// SqlResource<S, Object>: a resource that is an object in the SQL of a cluster. The session with the leader, leases and
// progress, the claim's id, drift, import by CLUSTER/NAME@ADDRESS are here; what differs are five functions.
//
//     class PgUserResource final : public SqlResource<PgUserState, PgUser> {
//       public:
//         PgUserResource() : SqlResource({.type = "pg_user", .what = "role"}, &PgUserState::user) {}
//         Declaration<PgUserState> declare() const override;
//       protected:
//         Result<std::string> create_in(ClusterSession& session, const PgUser& user, …) const override;
//         …
//     };
//
// S has a member `common` of type framework::CommonState, Object has `cluster`, `name` and `resource`.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/converge/run.h"
#include "core/module/pgsql/object/object_handover.h"
#include "core/module/pgsql/object/sql_object.h"
#include "provider/framework/common_attributes.h"
#include "provider/resource/claimed_common.h"
#include "provider/resource/sql_object.h"

namespace pigsty::provider {

// How leases, progress lines and warnings name it: "create pg_user app", "role app".
struct SqlKind {
    const char* type;
    const char* what;
};

template <class S, class Object>
class SqlResource : public framework::TypedResource<S>,
                    public framework::ModifiesPlan<S>,
                    public framework::Imports<S>,
                    public framework::HasIdentity {
  public:
    Result<S> create(const S& planned, framework::Call& call) const final {
        S state = planned;
        before_write(state);
        TRY(const auto session, fleet_of(call).sessions->of(object(state).cluster, call.cancel));
        const SqlOperation operation = operation_on(state, "create", call);
        auto id = create_in(*session, whole(state), operation.operation(), call.cancel);
        operation.ended(id ? Status{} : Status(std::unexpected(id.error())));
        TRY(state.common.id, std::move(id));
        fleet_of(call).handover->made(
            "cluster " + session->id(), {.kind = kind_.type, .name = object(state).name},
            [session](const auto&, const Cancel& cancel) { return module::pgsql::confirm_claims(*session, cancel); });
        return state;
    }

    Result<std::optional<S>> read(const S& given, framework::Call& call) const final {
        const auto why = [&]() -> std::optional<Error> {
            // Of all that refresh while nobody leads, one has waited to find out.
            const auto session = fleet_of(call).sessions->find(object(given).cluster, call.cancel);
            return session && *session ? (*session)->leaderless() : std::nullopt;
        };
        std::optional<Error> silence = why();
        if (!silence) {
            auto seen = look(given, call);
            if (seen || !call.cancel.check("looking")) return seen;
            silence = why();
            if (!silence && !converge::is_silence(seen.error())) return seen;
            if (!silence) silence = seen.error();
        }
        // A failover, or a machine that is down: no reason to stop everybody else's plan, nor the apply that brings the
        // leader back (behaviour 5).
        call.diagnostics.add_warning(object(given).cluster.name + ": its leader was not asked",
                                     summary(*silence) + "\nUsers and databases are as they were last seen.");
        return std::optional<S>(given);
    }

    framework::Updated<S> update(const S& prior, const S& planned, framework::Call& call) const final {
        S state = planned;
        before_write(state);
        state.common.drift.clear();
        const auto done = [&]() -> Status {
            TRY(const auto session, fleet_of(call).sessions->of(object(state).cluster, call.cancel));
            const SqlOperation operation = operation_on(state, "update", call);
            const Status status = update_in(*session, prior, state, operation.operation(), call.cancel);
            operation.ended(status);
            return status;
        }();
        if (!done) return fail(done.error());
        return state;
    }

    Status destroy(const S& state, framework::Call& call) const final {
        const Status done = drop(state, call);
        if (done || !fleet_of(call).forget_unreachable || !converge::is_silence(done.error()) ||
            !call.cancel.check("destroying"))
            return done;
        call.diagnostics.add_warning(object(state).cluster.name + " does not answer: what is in it stays there",
                                     summary(done.error()));
        return {};
    }

    void modify_plan(framework::Plan<S>& plan) const final {
        keep_connection(plan, object_);
        modify_more(plan);
    }

    Result<S> import_state(const framework::ImportKey& key, framework::Call& call) const final {
        TRY(const SqlImport import, sql_import(key, call));
        TRY(auto imported, import_in(*import.session, import.name, call.cancel));
        S state;
        state.*object_ = std::move(imported.object);
        (state.*object_).cluster = fresh_connection(*import.session);
        TRY_VOID(read_claimed_common(object(state).resource, state.common));
        state.common.id = std::move(imported.id);
        return state;
    }

    [[nodiscard]] std::vector<framework::IdentityAttribute> identity() const final { return sql_identity(); }

  protected:
    using Session = module::pgsql::ClusterSession;
    using Operation = module::pgsql::Operation;
    using Live = module::pgsql::Live<Object>;
    using Imported = module::pgsql::Imported<Object>;

    SqlResource(SqlKind kind, Object S::* object) : kind_(kind), object_(object) {}

    // The claim's id.
    virtual Result<std::string> create_in(Session& session, const Object& planned, const Operation& operation,
                                          const Cancel& cancel) const = 0;
    // Nothing: it is gone. `warnings` gets what the state cannot show.
    virtual Result<std::optional<Live>> read_in(Session& session, const Object& given, const std::string& id,
                                                std::vector<std::string>& warnings, const Cancel& cancel) const = 0;
    virtual Status update_in(Session& session, const S& prior, const S& planned, const Operation& operation,
                             const Cancel& cancel) const = 0;
    virtual Status drop_in(Session& session, const Object& state, const std::string& id, const Operation& operation,
                           const Cancel& cancel) const = 0;
    virtual Result<Imported> import_in(Session& session, const std::string& name, const Cancel& cancel) const = 0;

    // What is decided once, at the moment of an apply.
    virtual void before_write(S& /*state*/) const {}
    virtual void modify_more(framework::Plan<S>& /*plan*/) const {}
    // The object with what the claim keeps for import.
    [[nodiscard]] virtual Object whole(const S& state) const {
        Object object = state.*object_;
        object.resource = claimed_common(state.common);
        return object;
    }

  private:
    Status drop(const S& state, framework::Call& call) const {
        TRY(const auto session, fleet_of(call).sessions->find(object(state).cluster, call.cancel));
        if (!session) return {};  // with the cluster, all that was in it went
        const SqlOperation operation = operation_on(state, "destroy", call);
        const Status status = drop_in(*session, whole(state), state.common.id, operation.operation(), call.cancel);
        operation.ended(status);
        return status;
    }

    Result<std::optional<S>> look(const S& given, framework::Call& call) const {
        TRY(const auto session, fleet_of(call).sessions->find(object(given).cluster, call.cancel));
        if (!session) return std::optional<S>();
        std::vector<std::string> warnings;
        auto looked = read_in(*session, whole(given), given.common.id, warnings, call.cancel);
        for (const std::string& warning : warnings)
            call.diagnostics.add_warning(std::string(kind_.what) + " " + object(given).name + ": " + warning, "");
        TRY(auto live, std::move(looked));
        if (!live) return std::optional<S>();
        S state = given;
        state.*object_ = std::move(live->object);
        (state.*object_).cluster = fresh_connection(*session);
        state.common.drift = framework::noted_drift(std::move(live->drift), state.common.drift_ignore);
        return std::optional<S>(std::move(state));
    }

    [[nodiscard]] const Object& object(const S& state) const { return state.*object_; }

    SqlOperation operation_on(const S& state, const char* verb, framework::Call& call) const {
        return {call, object(state).cluster, verb, kind_.type, kind_.what, object(state).name};
    }

    const SqlKind kind_;
    Object S::* const object_;
};

}  // namespace pigsty::provider
