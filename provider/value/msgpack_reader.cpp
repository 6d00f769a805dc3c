#include "provider/value/msgpack_reader.h"

#include <bit>
#include <limits>

namespace pigsty::value {

using TokenKind = MsgpackToken::Kind;

const char* MsgpackToken::name() const {
    switch (kind) {
        case TokenKind::kNil: return "null";
        case TokenKind::kBool: return "bool";
        case TokenKind::kInt:
        case TokenKind::kUint:
        case TokenKind::kFloat: return "number";
        case TokenKind::kString: return "string";
        case TokenKind::kBinary: return "binary";
        case TokenKind::kArray: return "array";
        case TokenKind::kMap: return "map";
        case TokenKind::kExtension: return "unknown";
    }
    return "null";
}

std::optional<std::uint64_t> MsgpackReader::take_uint(std::size_t width) {
    if (rest_.size() < width) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = (value << 8U) | static_cast<std::uint8_t>(rest_[i]);
    rest_.remove_prefix(width);
    return value;
}

std::optional<std::string_view> MsgpackReader::take_bytes(std::uint64_t size) {
    if (rest_.size() < size) return std::nullopt;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
}

std::optional<MsgpackToken> MsgpackReader::take_text(TokenKind kind, std::size_t width) {
    const auto size = take_uint(width);
    if (!size) return std::nullopt;
    const auto bytes = take_bytes(*size);
    if (!bytes) return std::nullopt;
    return MsgpackToken{.kind = kind, .bytes = *bytes};
}

std::optional<MsgpackToken> MsgpackReader::take_count(TokenKind kind, std::size_t width) {
    const auto count = take_uint(width);
    if (!count) return std::nullopt;
    return MsgpackToken{.kind = kind, .count = static_cast<std::uint32_t>(*count), .bytes = {}};
}

std::optional<MsgpackToken> MsgpackReader::take_extension(std::optional<std::uint64_t> size) {
    const auto type = take_uint(1);
    if (!size || !type) return std::nullopt;
    const auto body = take_bytes(*size);
    if (!body) return std::nullopt;
    return MsgpackToken{.kind = TokenKind::kExtension, .extension = static_cast<std::int8_t>(*type), .bytes = *body};
}

std::optional<MsgpackToken> MsgpackReader::take_unsigned(std::size_t width) {
    const auto value = take_uint(width);
    if (!value) return std::nullopt;
    if (*value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return MsgpackToken{.kind = TokenKind::kUint, .unsigned_integer = *value, .bytes = {}};
    }
    return MsgpackToken{.kind = TokenKind::kInt, .integer = static_cast<std::int64_t>(*value), .bytes = {}};
}

std::optional<MsgpackToken> MsgpackReader::take_signed(std::size_t width) {
    const auto bits = take_uint(width);
    if (!bits) return std::nullopt;
    // Shifting up and back down extends the sign.
    const unsigned unused = 64U - 8U * static_cast<unsigned>(width);
    return MsgpackToken{
        .kind = TokenKind::kInt, .integer = static_cast<std::int64_t>(*bits << unused) >> unused, .bytes = {}};
}

std::optional<MsgpackToken> MsgpackReader::take_float(std::size_t width) {
    const auto bits = take_uint(width);
    if (!bits) return std::nullopt;
    const double real = width == 4 ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(*bits)))
                                   : std::bit_cast<double>(*bits);
    return MsgpackToken{.kind = TokenKind::kFloat, .real = real, .bytes = {}};
}

std::optional<MsgpackToken> MsgpackReader::next() {
    const auto lead = take_uint(1);
    if (!lead) return std::nullopt;
    const auto byte = static_cast<std::uint8_t>(*lead);
    if (byte <= 0x7f) return MsgpackToken{.kind = TokenKind::kInt, .integer = byte, .bytes = {}};
    if (byte >= 0xe0)
        return MsgpackToken{.kind = TokenKind::kInt, .integer = static_cast<std::int8_t>(byte), .bytes = {}};
    if (byte <= 0x8f) return MsgpackToken{.kind = TokenKind::kMap, .count = byte & 0x0fU, .bytes = {}};
    if (byte <= 0x9f) return MsgpackToken{.kind = TokenKind::kArray, .count = byte & 0x0fU, .bytes = {}};
    if (byte <= 0xbf) {
        const auto bytes = take_bytes(byte & 0x1fU);
        if (!bytes) return std::nullopt;
        return MsgpackToken{.kind = TokenKind::kString, .bytes = *bytes};
    }
    switch (byte) {
        case 0xc0: return MsgpackToken{};
        case 0xc2:
        case 0xc3: return MsgpackToken{.kind = TokenKind::kBool, .boolean = byte == 0xc3, .bytes = {}};
        case 0xc4: return take_text(TokenKind::kBinary, 1);
        case 0xc5: return take_text(TokenKind::kBinary, 2);
        case 0xc6: return take_text(TokenKind::kBinary, 4);
        case 0xc7: return take_extension(take_uint(1));
        case 0xc8: return take_extension(take_uint(2));
        case 0xc9: return take_extension(take_uint(4));
        case 0xca: return take_float(4);
        case 0xcb: return take_float(8);
        case 0xcc: return take_unsigned(1);
        case 0xcd: return take_unsigned(2);
        case 0xce: return take_unsigned(4);
        case 0xcf: return take_unsigned(8);
        case 0xd0: return take_signed(1);
        case 0xd1: return take_signed(2);
        case 0xd2: return take_signed(4);
        case 0xd3: return take_signed(8);
        case 0xd4: return take_extension(1);
        case 0xd5: return take_extension(2);
        case 0xd6: return take_extension(4);
        case 0xd7: return take_extension(8);
        case 0xd8: return take_extension(16);
        case 0xd9: return take_text(TokenKind::kString, 1);
        case 0xda: return take_text(TokenKind::kString, 2);
        case 0xdb: return take_text(TokenKind::kString, 4);
        case 0xdc: return take_count(TokenKind::kArray, 2);
        case 0xdd: return take_count(TokenKind::kArray, 4);
        case 0xde: return take_count(TokenKind::kMap, 2);
        case 0xdf: return take_count(TokenKind::kMap, 4);
        default: return std::nullopt;
    }
}

}  // namespace pigsty::value
