// The acts of a cluster's table (table.h): each brings what a concern's own function needs, the members as Patroni is reached on
// them now, the session, the specification, what changes.
//
//     const auto with = [&](Status (*act)(const Making&, Site&, StepContext&)) {
//         return [making, act](Site& site, StepContext& context) { return act(*making, site, context); };
//     };
//     table.act("streaming", When::when_changed, with(await_stream)).on_each();
#pragma once

#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/module/ca/signer.h"
#include "core/module/pgsql/cluster/table.h"
#include "core/module/pgsql/session/members.h"

namespace pigsty::module::pgsql {

inline constexpr const char* kReset = "ALTER SYSTEM RESET";  // the step that takes back what changes.resets says

// What the steps of a table are made from: it outlives the caller's specification.
struct Making {
    PgCluster cluster;
    std::optional<Ways> ways;
    ClusterChanges changes;
    std::shared_ptr<ca::Signer> signer;
    // What a resumed create has put right in the dynamic configuration.
    std::shared_ptr<nlohmann::json> corrected = std::make_shared<nlohmann::json>(nlohmann::json::object());

    [[nodiscard]] Result<Members> members(converge::StepContext& context) const;
    [[nodiscard]] std::shared_ptr<ClusterSession> session(converge::StepContext& context) const;
};

// acts.cpp
Status take_resets_back(const Making& making, converge::Site& site, converge::StepContext& context);
Status make_dcs_user(const Making& making, converge::Site& site, converge::StepContext& context);
Status wait_for_first_leader(const Making& making, converge::Site& site, converge::StepContext& context);
Status wait_for_leader(const Making& making, converge::Site& site, converge::StepContext& context);
Status make_default_objects(const Making& making, converge::Site& site, converge::StepContext& context);
Status pool_default_roles(const Making& making, converge::Site& site, converge::StepContext& context);
Status write_configuration(const Making& making, converge::Site& site, converge::StepContext& context);
Status assemble_lists(const Making& making, converge::Site& site, converge::StepContext& context);
Status await_stream(const Making& making, converge::Site& site, converge::StepContext& context);
Status settle(const Making& making, converge::Site& site, converge::StepContext& context);
Status wait_for_services(const Making& making, converge::Site& site, converge::StepContext& context);
Status bring_vip_home(const Making& making, converge::Site& site, converge::StepContext& context);

Status keep_dbsu(const Making& making, converge::Site& site, converge::StepContext& context);
Status set_dbsu(const Making& making, converge::Site& site, converge::StepContext& context);
Status join_its_shard(const Making& making, converge::Site& site, converge::StepContext& context);

// standby_acts.cpp: `standby`
Status join_the_upstream(const Making& making, converge::Site& site, converge::StepContext& context);
Status refuse_a_promoted_one(const Making& making, converge::Site& site, converge::StepContext& context);
Status stream_from_upstream(const Making& making, converge::Site& site, converge::StepContext& context);
Status promote_the_standby(const Making& making, converge::Site& site, converge::StepContext& context);
Status leave_the_upstream(const Making& making, converge::Site& site, converge::StepContext& context);

// backup_acts.cpp: `backup` and `restore_from`
Status keep_keys(const Making& making, converge::Site& site, converge::StepContext& context);
Status restore(const Making& making, converge::Site& site, converge::StepContext& context);
Status make_first_stanza(const Making& making, converge::Site& site, converge::StepContext& context);
// Before archive_command is put right: the next plan knows of the gap where this update does not come to its full backup.
Status note_gap(const Making& making, converge::Site& site, converge::StepContext& context);
Status make_stanzas(const Making& making, converge::Site& site, converge::StepContext& context);
Status prove_that_backups_work(const Making& making, converge::Site& site, converge::StepContext& context);

}  // namespace pigsty::module::pgsql
