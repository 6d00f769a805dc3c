#include "core/node/run_id.h"

#include <algorithm>

namespace pigsty::node {

Result<bool> run_lives(Node& node, const std::string& run_id, const Cancel& cancel) {
    // A claim is a file that anybody may have written: what is not an id is no pattern either.
    const bool is_id = !run_id.empty() && std::ranges::all_of(run_id, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
    });
    if (!is_id) return false;
    // The blank in brackets keeps grep from finding its own arguments.
    const RunScript look{.text = "grep -qsz '^pigsty-root-end[ ]" + run_id + "' /proc/[0-9]*/cmdline",
                         .may_fail = true,
                         .writes = false};
    TRY(const auto results, node.request({look}, cancel));
    // 2: some process ended while its name was read.
    constexpr int kNotFound = 1;
    constexpr int kGoneMeanwhile = 2;
    const int status = results.empty() ? -1 : results.front().status;
    if (status == 0) return true;
    if (status == kNotFound || status == kGoneMeanwhile) return false;
    return fail(Error{ErrorCode::failed, "the node's processes cannot be looked at"}.with_output(
        results.empty() ? "" : results.front().err));
}

}  // namespace pigsty::node
