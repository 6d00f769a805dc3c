// contained: what is thrown becomes an Error. For code that runs in a thread of its own, where an exception would end the
// process and, with it, what runs for all other nodes.
//
//     statuses[i] = contained([&] { return write(*nodes[i]); });
#pragma once

#include <exception>
#include <string>
#include <type_traits>

#include "core/base/result.h"

namespace pigsty {

// `function` returns a Result.
template <class Function>
auto contained(const Function& function) -> std::invoke_result_t<const Function&> {
    try {
        return function();
    } catch (const std::exception& exception) {
        return fail(Error{ErrorCode::internal, std::string("a fault of the provider: ") + exception.what()}.with_hint(
            "please report this"));
    } catch (...) {
        return fail(Error{ErrorCode::internal, "a fault of the provider"}.with_hint("please report this"));
    }
}

}  // namespace pigsty
