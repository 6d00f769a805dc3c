// Forecast: what an apply will do, said by the plan.
//
//     Forecast PgCluster::forecast(const Plan<PgState>& plan) const {
//         Forecast forecast;
//         forecast.managed["pg-test-2 /pg/conf/pg_hba.conf"] = known_fingerprint(render_hba(plan.planned,
//         "2")); forecast.last_change = {"reload postgresql on pg-test-1, pg-test-2, pg-test-3"}; return
//         forecast;
//     }
//
// A pure function of the plan's prior, planned and private data, or Terraform's second planning, inside the
// apply, gives another answer and the apply dies with "inconsistent final plan".
//
// What the framework makes of it: an entry of `managed` without a value is planned unknown, the others known.
// `last_change` is planned as given whenever the plan changes something, and stays as it was otherwise. A
// forecast whose `managed` equals the prior one changes nothing: no-op plans are equal to the prior state,
// byte for byte.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provider/framework/diagnostic.h"

namespace pigsty::framework {

struct Forecast {
    // "MEMBER PATH-or-item" → fingerprint of the rendered text; nullopt: known after apply.
    std::map<std::string, std::optional<std::string>> managed;
    // nullopt: known after apply.
    std::optional<std::vector<std::string>> last_change;
    // One per resource, with the resource's name in the summary; shown only when the plan changes something.
    std::vector<Diagnostic> advice;
    // Parts of the configuration may be unknown and missing from the planned struct (Plan::unknown). Unless
    // the forecast says here that it left out what depends on them, the whole of `managed` and `last_change`
    // is planned unknown then.
    bool minded_unknowns = false;
};

// pigsty::fingerprint of the text, or nothing where the text holds an unknown.
std::optional<std::string> known_fingerprint(std::string_view text);

}  // namespace pigsty::framework
