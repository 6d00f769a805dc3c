// The first of several machines that can tell something; where none does, why the last one could not.
//
//     return first_answer<Secret>(access.members, connect, "reading the key", no_members, cancel,
//                                 [&](node::Node& node, const node::NodeAddress&) { return key_on(node); });
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/base/cancel.h"
#include "core/base/member_key.h"
#include "core/base/result.h"
#include "core/node/node.h"

namespace pigsty::module::pgsql {

// `reading` names the work for a cancelled run; `without_members` is the error where there is nobody to ask.
template <class Answer, class Ask>
Result<Answer> first_answer(const MemberMap<node::NodeAddress>& members, const node::Connect& connect,
                            const std::string& reading, Error without_members, const Cancel& cancel, const Ask& ask) {
    std::optional<Error> last;
    for (const auto& [number, address] : members) {
        auto answer = [&]() -> Result<Answer> {
            TRY(const node::NodePtr node, connect(address, cancel, node::Reach::read));
            return ask(*node, address);
        }();
        if (answer) return answer;
        TRY_VOID(cancel.check(reading));
        if (answer.error().host.empty()) answer.error().at_host(address.address);
        last = std::move(answer).error();
    }
    return fail(last ? *std::move(last) : std::move(without_members));
}

}  // namespace pigsty::module::pgsql
