#include "provider/value/json.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/utf8.h"
#include "provider/value/json_tree.h"
#include "provider/value/path_trail.h"

namespace pigsty::value {

namespace {

using TreeKind = JsonTree::Kind;

class JsonDecoder {
  public:
    explicit JsonDecoder(JsonOptions options) : options_(options) {}

    CodecResult<Value> decode(const JsonTree& node, const Type& type) {
        if (node.kind == TreeKind::kNull) return Value::null();
        switch (type.kind()) {
            case Kind::kString: return decode_string(node);
            case Kind::kNumber: return decode_number(node);
            case Kind::kBool: return decode_bool(node);
            case Kind::kDynamic: return decode_dynamic(node);
            case Kind::kList:
            case Kind::kSet: return decode_sequence(node, type);
            case Kind::kTuple: return decode_tuple(node, type);
            case Kind::kMap: return decode_map(node, type);
            case Kind::kObject: return decode_object(node, type);
        }
        return fail("the type is not known");
    }

  private:
    std::unexpected<CodecError> fail(std::string message) const {
        return std::unexpected(CodecError{trail_.path(), std::move(message)});
    }
    std::unexpected<CodecError> wrong(const std::string& wanted, const JsonTree& found) const {
        return fail(wanted + " is required, found " + found.name());
    }

    CodecResult<Value> decode_string(const JsonTree& node) const {
        if (node.kind == TreeKind::kBool) return Value::string(node.boolean ? "true" : "false");
        if (node.kind == TreeKind::kNumber) {
            auto number = Number::parse(node.text);
            if (!number) return fail(number.error());
            return Value::string(number->to_text());
        }
        if (node.kind != TreeKind::kString) return wrong("a string", node);
        return Value::string(node.text);
    }

    CodecResult<Value> decode_number(const JsonTree& node) const {
        if (node.kind != TreeKind::kNumber && node.kind != TreeKind::kString) return wrong("a number", node);
        auto number = Number::parse(node.text);
        if (!number) return fail(number.error());
        return Value::number(*std::move(number));
    }

    CodecResult<Value> decode_bool(const JsonTree& node) const {
        if (node.kind == TreeKind::kBool) return Value::boolean(node.boolean);
        if (node.kind == TreeKind::kString) {
            if (node.text == "true" || node.text == "1") return Value::boolean(true);
            if (node.text == "false" || node.text == "0") return Value::boolean(false);
        }
        return wrong("a bool", node);
    }

    CodecResult<Value> decode_dynamic(const JsonTree& node) {
        const auto type_node = node.members.find("type");
        const auto value_node = node.members.find("value");
        if (node.kind != TreeKind::kObject || type_node == node.members.end() || value_node == node.members.end()) {
            return wrong(R"(an object with "value" and "type")", node);
        }
        auto type = Type::from_json(write_tree(type_node->second));
        if (!type) return fail(type.error());
        auto inner = decode(value_node->second, *type);
        if (!inner) return inner;
        return Value::dynamic(*std::move(type), *std::move(inner));
    }

    CodecResult<Value> decode_sequence(const JsonTree& node, const Type& type) {
        if (node.kind != TreeKind::kArray) return wrong("a " + type.friendly_name(), node);
        Elements elements;
        elements.reserve(node.elements.size());
        for (std::size_t i = 0; i < node.elements.size(); ++i) {
            auto element = decode_step(PathTrail::index(i), node.elements[i], type.element());
            if (!element) return element;
            elements.push_back(*std::move(element));
        }
        return type.kind() == Kind::kSet ? Value::set(std::move(elements)) : Value::list(std::move(elements));
    }

    CodecResult<Value> decode_tuple(const JsonTree& node, const Type& type) {
        if (node.kind != TreeKind::kArray) return wrong("a tuple", node);
        if (node.elements.size() != type.elements().size()) {
            return fail("a tuple of length " + std::to_string(type.elements().size()) + " is required (" +
                        std::to_string(node.elements.size()) + " given)");
        }
        Elements elements;
        elements.reserve(node.elements.size());
        for (std::size_t i = 0; i < node.elements.size(); ++i) {
            auto element = decode_step(PathTrail::index(i), node.elements[i], type.elements()[i]);
            if (!element) return element;
            elements.push_back(*std::move(element));
        }
        return Value::tuple(std::move(elements));
    }

    CodecResult<Value> decode_map(const JsonTree& node, const Type& type) {
        if (node.kind != TreeKind::kObject) return wrong("a " + type.friendly_name(), node);
        Members members;
        for (const auto& [key, child] : node.members) {
            auto member = decode_step(PathTrail::key(key), child, type.element());
            if (!member) return member;
            members.emplace(key, *std::move(member));
        }
        return Value::map(std::move(members));
    }

    CodecResult<Value> decode_object(const JsonTree& node, const Type& type) {
        if (node.kind != TreeKind::kObject) return wrong("an object", node);
        if (!options_.ignore_unknown_members) {
            for (const auto& [name, child] : node.members) {
                if (type.member(name) == nullptr) return fail("unsupported attribute \"" + name + "\"");
            }
        }
        Members members;
        for (const auto& [name, member_type] : type.members()) {
            const auto child = node.members.find(name);
            if (child == node.members.end()) {
                members.emplace(name, Value::null());
                continue;
            }
            auto member = decode_step(PathTrail::attribute(name), child->second, member_type);
            if (!member) return member;
            members.emplace(name, *std::move(member));
        }
        return Value::object(std::move(members));
    }

    CodecResult<Value> decode_step(PathTrail::Step step, const JsonTree& node, const Type& type) {
        trail_.push(step);
        auto value = decode(node, type);
        trail_.pop();
        return value;
    }

    // Type JSON has strings, arrays and objects only; anything else is left for Type::from_json to refuse.
    static std::string write_tree(const JsonTree& node) { return to_nlohmann(node).dump(); }
    static nlohmann::json to_nlohmann(const JsonTree& node) {
        switch (node.kind) {
            case TreeKind::kString: return node.text;
            case TreeKind::kArray: {
                auto array = nlohmann::json::array();
                for (const JsonTree& element : node.elements) array.push_back(to_nlohmann(element));
                return array;
            }
            case TreeKind::kObject: {
                auto object = nlohmann::json::object();
                for (const auto& [key, member] : node.members) object[key] = to_nlohmann(member);
                return object;
            }
            default: return nullptr;
        }
    }

    JsonOptions options_;
    PathTrail trail_;
};

class JsonEncoder {
  public:
    [[nodiscard]] std::string take() { return std::move(out_); }

    CodecResult<void> encode(const Value& value, const Type& type) {
        if (trail_.depth() > static_cast<std::size_t>(kMaxDepth)) return fail("the value nests too deeply");
        if (value.form() == Value::Form::kDynamic) return encode_dynamic(value, type);
        if (value.is_unknown()) return fail("a known value is required, found unknown");
        if (value.is_null()) {
            out_ += "null";
            return {};
        }
        switch (type.kind()) {
            case Kind::kString:
                if (value.form() != Value::Form::kString) return wrong(type);
                return put_string(value.as_string());
            case Kind::kNumber:
                if (value.form() != Value::Form::kNumber) return wrong(type);
                if (value.as_number().is_infinite()) return fail("a finite number is required");
                out_ += value.as_number().to_text();
                return {};
            case Kind::kBool:
                if (value.form() != Value::Form::kBool) return wrong(type);
                out_ += value.as_bool() ? "true" : "false";
                return {};
            case Kind::kDynamic: return fail("a value of a dynamic attribute has to say its type (Value::dynamic)");
            case Kind::kList:
            case Kind::kTuple:
                if (value.form() != Value::Form::kList) return wrong(type);
                return encode_sequence(value, type);
            case Kind::kSet:
                if (value.form() != Value::Form::kSet) return wrong(type);
                return encode_sequence(value, type);
            case Kind::kMap:
            case Kind::kObject:
                if (value.form() != Value::Form::kMap) return wrong(type);
                return encode_members(value, type);
        }
        return wrong(type);
    }

  private:
    std::unexpected<CodecError> fail(std::string message) const {
        return std::unexpected(CodecError{trail_.path(), std::move(message)});
    }
    std::unexpected<CodecError> wrong(const Type& type) const { return fail(type.friendly_name() + " is required"); }

    CodecResult<void> put_string(const std::string& text) {
        if (!is_utf8(text)) return fail("a string of UTF-8 is required, found other bytes");
        out_ += nlohmann::json(text).dump();
        return {};
    }

    CodecResult<void> encode_dynamic(const Value& value, const Type& type) {
        if (type.kind() != Kind::kDynamic) {
            if (!(value.dynamic_type() == type)) return wrong(type);
            return encode(value.dynamic_value(), type);
        }
        out_ += R"({"value":)";
        if (auto done = encode(value.dynamic_value(), value.dynamic_type()); !done) return done;
        out_.append(R"(,"type":)").append(value.dynamic_type().to_json()).append("}");
        return {};
    }

    CodecResult<void> encode_sequence(const Value& value, const Type& type) {
        const Elements& elements = value.elements();
        if (type.kind() == Kind::kTuple && elements.size() != type.elements().size()) {
            return fail("a tuple of length " + std::to_string(type.elements().size()) + " is required (" +
                        std::to_string(elements.size()) + " given)");
        }
        out_ += '[';
        for (std::size_t i = 0; i < elements.size(); ++i) {
            if (i != 0) out_ += ',';
            const Type& element_type = type.kind() == Kind::kTuple ? type.elements()[i] : type.element();
            if (auto done = encode_step(PathTrail::index(i), elements[i], element_type); !done) return done;
        }
        out_ += ']';
        return {};
    }

    CodecResult<void> encode_members(const Value& value, const Type& type) {
        const bool object = type.kind() == Kind::kObject;
        out_ += '{';
        bool first = true;
        for (const auto& [name, member] : value.members()) {
            const Type* member_type = object ? type.member(name) : &type.element();
            if (member_type == nullptr) return fail("unsupported attribute \"" + name + "\"");
            if (!std::exchange(first, false)) out_ += ',';
            if (auto done = put_string(name); !done) return done;
            out_ += ':';
            const auto step = object ? PathTrail::attribute(name) : PathTrail::key(name);
            if (auto done = encode_step(step, member, *member_type); !done) return done;
        }
        if (object && value.members().size() != type.members().size()) return fail("every attribute is required");
        out_ += '}';
        return {};
    }

    CodecResult<void> encode_step(PathTrail::Step step, const Value& value, const Type& type) {
        trail_.push(step);
        auto done = encode(value, type);
        trail_.pop();
        return done;
    }

    std::string out_;
    PathTrail trail_;
};

CodecResult<Value> untyped(const JsonTree& node) {
    switch (node.kind) {
        case TreeKind::kNull: return Value::null();
        case TreeKind::kBool: return Value::boolean(node.boolean);
        case TreeKind::kString: return Value::string(node.text);
        case TreeKind::kNumber: {
            auto number = Number::parse(node.text);
            if (!number) return std::unexpected(CodecError{{}, number.error()});
            return Value::number(*std::move(number));
        }
        case TreeKind::kArray: {
            Elements elements;
            for (const JsonTree& child : node.elements) {
                auto element = untyped(child);
                if (!element) return element;
                elements.push_back(*std::move(element));
            }
            return Value::list(std::move(elements));
        }
        case TreeKind::kObject: {
            Members members;
            for (const auto& [key, child] : node.members) {
                auto member = untyped(child);
                if (!member) return member;
                members.emplace(key, *std::move(member));
            }
            return Value::map(std::move(members));
        }
    }
    return Value::null();
}

}  // namespace

CodecResult<Value> from_json(std::string_view text, const Type& type, JsonOptions options) {
    auto tree = parse_json_tree(text);
    if (!tree) return std::unexpected(CodecError{{}, tree.error()});
    return JsonDecoder(options).decode(*tree, type);
}

CodecResult<std::string> to_json(const Value& value, const Type& type) {
    JsonEncoder encoder;
    if (auto done = encoder.encode(value, type); !done) return std::unexpected(done.error());
    return encoder.take();
}

CodecResult<Value> from_untyped_json(std::string_view text) {
    auto tree = parse_json_tree(text);
    if (!tree) return std::unexpected(CodecError{{}, tree.error()});
    return untyped(*tree);
}

}  // namespace pigsty::value
