// Users and databases that a killed run made and no state knows of (behaviour 2): their claims carry the run's id until it has
// ended in order, and a later create may take over what names a run that is gone.
//
//     TRY_VOID(wait_for_other_run(session, kRoleKind, "app", operation, cancel));
//     if (is_open(*claim, session.run_id())) …                  // finished, and nobody has said that a state knows of it
//     TRY_VOID(confirm_claims(session, Cancel::within(1500ms)));  // this run has ended in order
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/module/pgsql/pool/lists.h"
#include "core/module/pgsql/session/catalog.h"
#include "core/module/pgsql/session/session.h"

namespace pigsty::module::pgsql {

// Finished by another run than this one, and not handed over. Pure.
bool is_open(const ObjectClaim& claim, const std::string& run_id);

// Where the claim names another run: waits until that run is gone from the cluster's machines (`lock_timeout`), and has the
// snapshot taken anew, for the run may have ended in order. Error `conflict` where it lives on.
Status wait_for_other_run(ClusterSession& session, std::string_view kind, const std::string& name,
                          const Operation& operation, const Cancel& cancel);

// For the create that takes it over.
std::string takeover_warning(std::string_view kind, std::string_view name);
// Drift of one that a state knows of; the update that follows notes it.
std::optional<std::string> handover_drift(const ObjectClaim& claim, const std::string& run_id);

// All that this run made in the cluster is somebody's now: one statement.
Status confirm_claims(ClusterSession& session, const Cancel& cancel);

}  // namespace pigsty::module::pgsql
