// Result<T>: a value or an Error. The only way in which core functions report failure.
//
//     Result<Facts> read_facts(Node& node) {
//         TRY(const auto reply, node.request(script));      // returns the Error to our caller
//         TRY_VOID(check(reply));
//         return parse(reply);
//     }
#pragma once

#include <expected>
#include <utility>

#include "core/base/error.h"

namespace pigsty {

template <class T>
using Result = std::expected<T, Error>;

using Status = Result<void>;

// `return fail(ErrorCode::invalid, "…")` reads better than std::unexpected(Error{…}).
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
    return std::unexpected(Error{.code = code, .message = std::move(message)});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

}  // namespace pigsty

#define PIGSTY_CONCAT_(a, b) a##b
#define PIGSTY_CONCAT(a, b) PIGSTY_CONCAT_(a, b)
#define PIGSTY_TRY_(result, declaration, ...)                       \
    auto result = (__VA_ARGS__);                                    \
    if (!result) return std::unexpected(std::move(result).error()); \
    declaration = std::move(*result)

// TRY(declaration, expression): declares a value from a Result, or returns its Error.
#define TRY(declaration, ...) PIGSTY_TRY_(PIGSTY_CONCAT(try_result_, __LINE__), declaration, __VA_ARGS__)
// TRY_VOID(expression): the same for Status, or where the value is not wanted.
#define TRY_VOID(...)                                                                                            \
    do {                                                                                                         \
        if (auto try_status = (__VA_ARGS__); !try_status) return std::unexpected(std::move(try_status).error()); \
    } while (false)
