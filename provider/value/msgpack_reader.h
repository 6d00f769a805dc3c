#pragma once

// The tokens of msgpack, read one by one from untrusted bytes. Used by the value codec; knows nothing of
// types.
//
//   MsgpackReader reader(bytes);
//   auto token = reader.next();        // kind, and for arrays and maps the count of what follows
//
// Strings, binaries and extension bodies are views into the input.

#include <cstdint>
#include <optional>
#include <string_view>

namespace pigsty::value {

struct MsgpackToken {
    enum class Kind { kNil, kBool, kInt, kUint, kFloat, kString, kBinary, kArray, kMap, kExtension };

    Kind kind = Kind::kNil;
    bool boolean = false;
    std::int64_t integer = 0;            // kInt
    std::uint64_t unsigned_integer = 0;  // kUint: only values beyond int64
    double real = 0;
    std::uint32_t count = 0;  // elements of an array, pairs of a map
    int extension = 0;
    std::string_view bytes;

    // For messages: `string`, `array`, …
    [[nodiscard]] const char* name() const;
};

class MsgpackReader {
  public:
    explicit MsgpackReader(std::string_view bytes) : rest_(bytes) {}

    // Nothing when the input ends inside a token or holds the one byte msgpack never uses.
    [[nodiscard]] std::optional<MsgpackToken> next();
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    // Every element takes at least a byte, so this bounds any count the input claims.
    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

  private:
    std::optional<std::uint64_t> take_uint(std::size_t width);
    std::optional<std::string_view> take_bytes(std::uint64_t size);
    std::optional<MsgpackToken> take_text(MsgpackToken::Kind kind, std::size_t width);
    std::optional<MsgpackToken> take_count(MsgpackToken::Kind kind, std::size_t width);
    std::optional<MsgpackToken> take_extension(std::optional<std::uint64_t> size);
    std::optional<MsgpackToken> take_unsigned(std::size_t width);
    std::optional<MsgpackToken> take_signed(std::size_t width);
    std::optional<MsgpackToken> take_float(std::size_t width);

    std::string_view rest_;
};

}  // namespace pigsty::value
