// Frames and fields: the wire between us and our perl programs on a node (perl/frame.pl is the other side).
//
//     process.write(frame_text("request", 7, 0, join_fields({"claims"})), cancel);
//     frames.feed(bytes);
//     while (TRY(auto frame, frames.next()); frame) …
//
// A frame is "TYPE NUMBER INDEX LENGTH\n" and LENGTH bytes; fields are "LENGTH:BYTES," in a row and nest.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace pigsty::node {

struct Frame {
    std::string type;
    std::uint64_t number = 0;
    std::uint64_t index = 0;
    std::string bytes;
};

std::string frame_text(std::string_view type, std::uint64_t number, std::uint64_t index, std::string_view bytes);

void append_field(std::string& fields, std::string_view bytes);
std::string join_fields(std::initializer_list<std::string_view> fields);
// Views into `fields`.
Result<std::vector<std::string_view>> split_fields(std::string_view fields);

// Cuts a stream of bytes into frames.
class FrameReader {
  public:
    void feed(std::string_view bytes);
    // Nothing while the next frame is not complete; an Error where the bytes are no frames.
    Result<std::optional<Frame>> next();

  private:
    std::string buffer_;
    std::size_t taken_ = 0;
};

}  // namespace pigsty::node
