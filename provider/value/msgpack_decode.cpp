#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/utf8.h"
#include "provider/value/msgpack.h"
#include "provider/value/msgpack_reader.h"
#include "provider/value/path_trail.h"

namespace pigsty::value {

namespace {

using TokenKind = MsgpackToken::Kind;

constexpr int kUnknownWithRefinement = 12;

// Walks tokens and type side by side; `trail_` is where it stands, for messages.
class MsgpackDecoder {
  public:
    explicit MsgpackDecoder(std::string_view bytes) : reader_(bytes) {}

    CodecResult<Value> decode_all(const Type& type) {
        auto value = decode(type);
        if (value && !reader_.at_end()) return fail("the value ends before its bytes do");
        return value;
    }

  private:
    std::unexpected<CodecError> fail(std::string message) const {
        return std::unexpected(CodecError{trail_.path(), std::move(message)});
    }
    std::unexpected<CodecError> wrong(const std::string& wanted, const MsgpackToken& found) const {
        return fail(wanted + " is required, found " + found.name());
    }
    std::unexpected<CodecError> cut_short() const { return fail("the bytes end in the middle of the value"); }

    CodecResult<Value> decode(const Type& type) {
        if (++depth_ > kMaxDepth) return fail("the value nests too deeply");
        auto value = decode_at(type);
        --depth_;
        return value;
    }

    CodecResult<Value> decode_at(const Type& type) {
        const auto token = reader_.next();
        if (!token) return cut_short();
        if (token->kind == TokenKind::kNil) return Value::null();
        if (token->kind == TokenKind::kExtension) {
            if (token->extension == kUnknownWithRefinement && !token->bytes.empty() && type.kind() != Kind::kDynamic) {
                return Value::refined_unknown(std::string(token->bytes));
            }
            return Value::unknown();
        }
        switch (type.kind()) {
            case Kind::kString: return decode_string(*token);
            case Kind::kNumber: return decode_number(*token);
            case Kind::kBool:
                if (token->kind != TokenKind::kBool) return wrong("a bool", *token);
                return Value::boolean(token->boolean);
            case Kind::kDynamic: return decode_dynamic(*token);
            case Kind::kList:
            case Kind::kSet: return decode_sequence(*token, type);
            case Kind::kTuple: return decode_tuple(*token, type);
            case Kind::kMap: return decode_map(*token, type);
            case Kind::kObject: return decode_object(*token, type);
        }
        return fail("the type is not known");
    }

    CodecResult<Value> decode_string(const MsgpackToken& token) const {
        if (token.kind != TokenKind::kString && token.kind != TokenKind::kBinary) return wrong("a string", token);
        if (!is_utf8(token.bytes)) return fail("a string of UTF-8 is required, found other bytes");
        return Value::string(std::string(token.bytes));
    }

    CodecResult<Value> decode_number(const MsgpackToken& token) const {
        switch (token.kind) {
            case TokenKind::kInt: return Value::number(token.integer);
            case TokenKind::kUint: return Value::number(*Number::parse(std::to_string(token.unsigned_integer)));
            case TokenKind::kFloat:
                if (std::isnan(token.real)) return fail("a number is required, found NaN");
                return Value::number(Number::from_double(token.real));
            case TokenKind::kString:
            case TokenKind::kBinary: {
                auto number = Number::parse(token.bytes);
                if (!number) return fail(number.error());
                return Value::number(*std::move(number));
            }
            default: return wrong("a number", token);
        }
    }

    CodecResult<Value> decode_dynamic(const MsgpackToken& token) {
        if (token.kind != TokenKind::kArray || token.count != 2) {
            return wrong("a pair of type and value", token);
        }
        const auto type_token = reader_.next();
        if (!type_token) return cut_short();
        if (type_token->kind != TokenKind::kBinary && type_token->kind != TokenKind::kString) {
            return wrong("a type in JSON", *type_token);
        }
        auto type = Type::from_json(type_token->bytes);
        if (!type) return fail(type.error());
        auto inner = decode(*type);
        if (!inner) return inner;
        return Value::dynamic(*std::move(type), *std::move(inner));
    }

    CodecResult<Value> decode_sequence(const MsgpackToken& token, const Type& type) {
        if (token.kind != TokenKind::kArray) return wrong("a " + type.friendly_name(), token);
        Elements elements;
        elements.reserve(std::min<std::size_t>(token.count, reader_.remaining()));
        for (std::uint32_t i = 0; i < token.count; ++i) {
            auto element = decode_step(PathTrail::index(i), type.element());
            if (!element) return element;
            elements.push_back(*std::move(element));
        }
        return type.kind() == Kind::kSet ? Value::set(std::move(elements)) : Value::list(std::move(elements));
    }

    CodecResult<Value> decode_tuple(const MsgpackToken& token, const Type& type) {
        if (token.kind != TokenKind::kArray) return wrong("a tuple", token);
        const auto& wanted = type.elements();
        if (token.count != wanted.size()) {
            return fail("a tuple of length " + std::to_string(wanted.size()) + " is required (" +
                        std::to_string(token.count) + " given)");
        }
        Elements elements;
        elements.reserve(wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            auto element = decode_step(PathTrail::index(i), wanted[i]);
            if (!element) return element;
            elements.push_back(*std::move(element));
        }
        return Value::tuple(std::move(elements));
    }

    CodecResult<std::string> decode_key() {
        const auto token = reader_.next();
        if (!token) return cut_short();
        if (token->kind != TokenKind::kString && token->kind != TokenKind::kBinary)
            return wrong("a string as key", *token);
        if (!is_utf8(token->bytes)) return fail("a key of UTF-8 is required, found other bytes");
        return std::string(token->bytes);
    }

    CodecResult<Value> decode_map(const MsgpackToken& token, const Type& type) {
        if (token.kind != TokenKind::kMap) return wrong("a " + type.friendly_name(), token);
        Members members;
        for (std::uint32_t i = 0; i < token.count; ++i) {
            auto key = decode_key();
            if (!key) return std::unexpected(key.error());
            auto member = decode_step(PathTrail::key(*key), type.element());
            if (!member) return member;
            if (!members.emplace(*std::move(key), *std::move(member)).second) return fail("a key occurs twice");
        }
        return Value::map(std::move(members));
    }

    CodecResult<Value> decode_object(const MsgpackToken& token, const Type& type) {
        if (token.kind != TokenKind::kMap) return wrong("an object", token);
        const auto& wanted = type.members();
        if (token.count != wanted.size()) {
            return fail("an object with " + std::to_string(wanted.size()) + " attributes is required (" +
                        std::to_string(token.count) + " given)");
        }
        Members members;
        for (std::uint32_t i = 0; i < token.count; ++i) {
            auto key = decode_key();
            if (!key) return std::unexpected(key.error());
            const Type* member_type = type.member(*key);
            if (member_type == nullptr) return fail("unsupported attribute \"" + *key + "\"");
            auto member = decode_step(PathTrail::attribute(*key), *member_type);
            if (!member) return member;
            // A repeated key would have passed the count and hidden a missing attribute.
            if (!members.emplace(*key, *std::move(member)).second)
                return fail("attribute \"" + *key + "\" occurs twice");
        }
        return Value::object(std::move(members));
    }

    CodecResult<Value> decode_step(PathTrail::Step step, const Type& type) {
        trail_.push(step);
        auto value = decode(type);
        trail_.pop();
        return value;
    }

    MsgpackReader reader_;
    PathTrail trail_;
    int depth_ = 0;
};

}  // namespace

CodecResult<Value> from_msgpack(std::string_view bytes, const Type& type) {
    return MsgpackDecoder(bytes).decode_all(type);
}

}  // namespace pigsty::value
