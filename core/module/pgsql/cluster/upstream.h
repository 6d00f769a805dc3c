// What a standby cluster has at its upstream: lines in pg_hba.conf of each member, and a replication slot in the dynamic
// configuration, which Patroni makes on every member, so that it is there whoever leads. Made, looked at and removed by the
// standby cluster: the upstream's own resource neither sees nor loses them.
//
//     TRY(const UpstreamLook look, look_at_upstream(cluster, sessions, cancel));
//     if (!look.sentences.empty()) …       // "pg-test2 upstream: pg-test keeps no slot pg_test2_standby"
//     TRY_VOID(join_upstream(cluster, ways, site, context));
#pragma once

#include <string>
#include <vector>

#include "core/converge/step.h"
#include "core/module/pgsql/cluster/table.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// Lines of pg_hba.conf there, as they stand in the file: each of our members may replicate, and look at what pg_rewind needs.
std::vector<std::string> upstream_hba_lines(const PgCluster& cluster);
// Key and text of `managed`: "pg-test2 upstream".
std::string upstream_key(const PgCluster& cluster);
std::string upstream_text(const PgCluster& cluster);

struct UpstreamLook {
    std::vector<std::string> sentences{};  // drift
    std::vector<std::string> silent{};     // what could not be looked at, and why
};
// `cluster` must have `standby`, here and below.
Result<UpstreamLook> look_at_upstream(const PgCluster& cluster, Sessions& sessions, const Cancel& cancel);
// Whether this drift is about what stands there, or about not streaming from there.
bool is_about_upstream(const PgCluster& cluster, const std::vector<std::string>& drift);

// Makes what is missing there, and on our members the upstream's replication password. Members of the upstream that do not
// answer are left out with a warning.
Status join_upstream(const PgCluster& cluster, const Ways& ways, converge::Site& site, converge::StepContext& context);
// Takes both away. An upstream that is gone or does not answer is no error: what stays there is said.
Status leave_upstream(const PgCluster& cluster, const Ways& ways, converge::StepContext& context);

}  // namespace pigsty::module::pgsql
