#include <bit>
#include <cmath>
#include <cstdint>

#include "core/base/utf8.h"
#include "provider/value/msgpack.h"
#include "provider/value/path_trail.h"

namespace pigsty::value {

namespace {

constexpr std::uint8_t kRefinedUnknown = 12;
// Terraform refuses longer bodies; without one the value is simply unknown.
constexpr std::size_t kMaxRefinement = 1024;

class MsgpackEncoder {
  public:
    [[nodiscard]] std::string take() { return std::move(out_); }

    CodecResult<void> encode(const Value& value, const Type& type) {
        if (++depth_ > kMaxDepth) return fail("the value nests too deeply");
        auto done = encode_at(value, type);
        --depth_;
        return done;
    }

  private:
    std::unexpected<CodecError> fail(std::string message) const {
        return std::unexpected(CodecError{trail_.path(), std::move(message)});
    }
    std::unexpected<CodecError> wrong(const Type& type) const { return fail(type.friendly_name() + " is required"); }

    CodecResult<void> encode_at(const Value& value, const Type& type) {
        if (type.kind() == Kind::kDynamic) return encode_dynamic(value);
        if (value.form() == Value::Form::kDynamic) {
            if (!(value.dynamic_type() == type)) return wrong(type);
            return encode(value.dynamic_value(), type);
        }
        if (value.is_null()) {
            put(0xc0);
            return {};
        }
        if (value.is_unknown()) {
            put_unknown(value.refinement());
            return {};
        }
        switch (type.kind()) {
            case Kind::kString: return encode_string(value, type);
            case Kind::kNumber:
                if (value.form() != Value::Form::kNumber) return wrong(type);
                put_number(value.as_number());
                return {};
            case Kind::kBool:
                if (value.form() != Value::Form::kBool) return wrong(type);
                put(value.as_bool() ? 0xc3 : 0xc2);
                return {};
            case Kind::kList:
                if (value.form() != Value::Form::kList) return wrong(type);
                return encode_sequence(value, type);
            case Kind::kSet:
                if (value.form() != Value::Form::kSet) return wrong(type);
                return encode_sequence(value, type);
            case Kind::kTuple: return encode_tuple(value, type);
            case Kind::kMap: return encode_map(value, type);
            case Kind::kObject: return encode_object(value, type);
            case Kind::kDynamic: break;  // handled above
        }
        return wrong(type);
    }

    CodecResult<void> encode_string(const Value& value, const Type& type) {
        if (value.form() != Value::Form::kString) return wrong(type);
        if (!is_utf8(value.as_string())) return fail("a string of UTF-8 is required, found other bytes");
        put_string(value.as_string());
        return {};
    }

    CodecResult<void> encode_dynamic(const Value& value) {
        if (value.form() == Value::Form::kDynamic) {
            put(0x92);
            put_binary(value.dynamic_type().to_json());
            return encode(value.dynamic_value(), value.dynamic_type());
        }
        if (value.is_null()) {
            put(0xc0);
            return {};
        }
        if (value.is_unknown()) {
            put_unknown({});
            return {};
        }
        return fail("a value of a dynamic attribute has to say its type (Value::dynamic)");
    }

    CodecResult<void> encode_sequence(const Value& value, const Type& type) {
        const Elements& elements = value.elements();
        put_header(elements.size(), 0x90, 15, 0xdc);
        for (std::size_t i = 0; i < elements.size(); ++i) {
            auto done = encode_step(PathTrail::index(i), elements[i], type.element());
            if (!done) return done;
        }
        return {};
    }

    CodecResult<void> encode_tuple(const Value& value, const Type& type) {
        if (value.form() != Value::Form::kList) return wrong(type);
        const Elements& elements = value.elements();
        if (elements.size() != type.elements().size()) {
            return fail("a tuple of length " + std::to_string(type.elements().size()) + " is required (" +
                        std::to_string(elements.size()) + " given)");
        }
        put_header(elements.size(), 0x90, 15, 0xdc);
        for (std::size_t i = 0; i < elements.size(); ++i) {
            auto done = encode_step(PathTrail::index(i), elements[i], type.elements()[i]);
            if (!done) return done;
        }
        return {};
    }

    CodecResult<void> encode_map(const Value& value, const Type& type) {
        if (value.form() != Value::Form::kMap) return wrong(type);
        put_header(value.members().size(), 0x80, 15, 0xde);
        for (const auto& [key, member] : value.members()) {
            if (!is_utf8(key)) return fail("a key of UTF-8 is required, found other bytes");
            put_string(key);
            if (auto done = encode_step(PathTrail::key(key), member, type.element()); !done) return done;
        }
        return {};
    }

    CodecResult<void> encode_object(const Value& value, const Type& type) {
        if (value.form() != Value::Form::kMap) return wrong(type);
        const Members& members = value.members();
        for (const auto& [name, member] : members) {
            if (type.member(name) == nullptr) return fail("unsupported attribute \"" + name + "\"");
        }
        put_header(type.members().size(), 0x80, 15, 0xde);
        for (const auto& [name, member_type] : type.members()) {
            const auto found = members.find(name);
            if (found == members.end()) return fail("attribute \"" + name + "\" is required");
            put_string(name);
            if (auto done = encode_step(PathTrail::attribute(name), found->second, member_type); !done) return done;
        }
        return {};
    }

    CodecResult<void> encode_step(PathTrail::Step step, const Value& value, const Type& type) {
        trail_.push(step);
        auto done = encode(value, type);
        trail_.pop();
        return done;
    }

    void put(std::uint8_t byte) { out_ += static_cast<char>(byte); }

    void put_big_endian(std::uint64_t value, unsigned width) {
        for (unsigned i = width; i-- > 0;) put(static_cast<std::uint8_t>(value >> (8U * i)));
    }

    // Arrays and maps: the count inside the first byte up to `most`, else 16 bits after `wide`, 32 after wide
    // + 1.
    void put_header(std::size_t count, std::uint8_t small, std::size_t most, std::uint8_t wide) {
        if (count <= most) {
            put(static_cast<std::uint8_t>(small | count));
        } else if (count <= 0xffff) {
            put(wide);
            put_big_endian(count, 2);
        } else {
            put(static_cast<std::uint8_t>(wide + 1));
            put_big_endian(count, 4);
        }
    }

    void put_sized(std::uint8_t narrowest, std::size_t size) {
        if (size <= 0xff) {
            put(narrowest);
            put_big_endian(size, 1);
        } else if (size <= 0xffff) {
            put(static_cast<std::uint8_t>(narrowest + 1));
            put_big_endian(size, 2);
        } else {
            put(static_cast<std::uint8_t>(narrowest + 2));
            put_big_endian(size, 4);
        }
    }

    void put_string(std::string_view text) {
        if (text.size() <= 31) {
            put(static_cast<std::uint8_t>(0xa0 | text.size()));
        } else {
            put_sized(0xd9, text.size());
        }
        out_ += text;
    }

    void put_binary(std::string_view bytes) {
        put_sized(0xc4, bytes.size());
        out_ += bytes;
    }

    void put_unknown(std::string_view refinement) {
        if (refinement.empty() || refinement.size() > kMaxRefinement) {
            put(0xd4);
            put_big_endian(0, 2);
            return;
        }
        switch (refinement.size()) {
            case 1: put(0xd4); break;
            case 2: put(0xd5); break;
            case 4: put(0xd6); break;
            case 8: put(0xd7); break;
            case 16: put(0xd8); break;
            default: put_sized(0xc7, refinement.size());
        }
        put(kRefinedUnknown);
        out_ += refinement;
    }

    void put_number(const Number& number) {
        if (const auto integer = number.to_int64()) {
            put_integer(*integer);
        } else if (const auto real = number.exact_double(); real && (std::isinf(*real) || std::trunc(*real) != *real)) {
            put(0xcb);
            put_big_endian(std::bit_cast<std::uint64_t>(*real), 8);
        } else {
            put_string(number.to_text());
        }
    }

    void put_integer(std::int64_t value) {
        if (value >= 0) {
            const auto bits = static_cast<std::uint64_t>(value);
            if (bits <= 0x7f) return put(static_cast<std::uint8_t>(bits));
            if (bits <= 0xff) return put_prefixed(0xcc, bits, 1);
            if (bits <= 0xffff) return put_prefixed(0xcd, bits, 2);
            if (bits <= 0xffffffff) return put_prefixed(0xce, bits, 4);
            return put_prefixed(0xcf, bits, 8);
        }
        const auto bits = static_cast<std::uint64_t>(value);
        if (value >= -32) return put(static_cast<std::uint8_t>(bits));
        if (value >= INT8_MIN) return put_prefixed(0xd0, bits, 1);
        if (value >= INT16_MIN) return put_prefixed(0xd1, bits, 2);
        if (value >= INT32_MIN) return put_prefixed(0xd2, bits, 4);
        return put_prefixed(0xd3, bits, 8);
    }

    void put_prefixed(std::uint8_t prefix, std::uint64_t bits, unsigned width) {
        put(prefix);
        put_big_endian(bits, width);
    }

    std::string out_;
    PathTrail trail_;
    int depth_ = 0;
};

}  // namespace

CodecResult<std::string> to_msgpack(const Value& value, const Type& type) {
    MsgpackEncoder encoder;
    if (auto done = encoder.encode(value, type); !done) return std::unexpected(done.error());
    return encoder.take();
}

}  // namespace pigsty::value
