// Operations, probes and lease holders as the root end takes them, and its answers as we hand them out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/node/node.h"
#include "core/node/root_end.h"

namespace pigsty::node {

constexpr int kLeaseHeld = 75;  // status of "lease" where somebody else holds it (perl/root_end.pl)

Command encode(const Operation& operation);
[[nodiscard]] bool may_write(const Operation& operation);
std::vector<OperationResult> read_results(const std::vector<Operation>& operations,
                                          const std::vector<CommandResult>& results);

Command observe_command(const Probes& probes);
Result<Observation> read_observation(const Probes& probes, const CommandResult& result);

std::string to_json_text(const LeaseHolder& holder);
// Of the text of a lease.json; nothing where it names nobody.
std::optional<LeaseHolder> lease_holder_from_json_text(const std::string& text);

}  // namespace pigsty::node
