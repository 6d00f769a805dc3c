#pragma once

// Why a value could not be decoded or encoded, and where in it.
//
//   instances["2"].port: a number is required, found string

#include <expected>
#include <string>

#include "provider/value/path.h"

namespace pigsty::value {

struct CodecError {
    Path path;
    std::string message;  // what was expected and what was found; never the value itself (it may be secret)

    [[nodiscard]] std::string to_string() const { return path.is_root() ? message : path.to_string() + ": " + message; }
};

template <typename T>
using CodecResult = std::expected<T, CodecError>;

// Values nested deeper than this are refused: decoding recurses, and no schema comes near.
inline constexpr int kMaxDepth = 200;

}  // namespace pigsty::value
