// Fault points: places where a test makes a run die. Compiled in only where PIGSTY_FAULT_POINTS is defined (test builds).
//
//     PIGSTY_FAULT='start etcd:pg-test-2:after'        kill -9 of this process after that step on that member
//     PIGSTY_FAULT='default roles:before:error'        the step fails with an error, on every member
//
// Form: STEP[:MEMBER][:before|after|written][:kill|error], and more of them after a `;`. `before` (default): nothing of the
// step was done. `written`: its items' claim entries are stored, nothing else is. `after`: the step is done, the claim is
// not yet ready. fault_points() lists all of a table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/converge/step.h"

namespace pigsty::converge {

enum class FaultPlace { before, written, after };

std::vector<std::string> fault_points(const Table& table);

#ifdef PIGSTY_FAULT_POINTS
Status fault_point(std::string_view step, std::string_view member, FaultPlace place);
// Then every step travels by itself, so that there is a place to die between two of them.
bool faults_wanted();
#else
inline Status fault_point(std::string_view, std::string_view, FaultPlace) { return {}; }
inline bool faults_wanted() { return false; }
#endif

}  // namespace pigsty::converge
