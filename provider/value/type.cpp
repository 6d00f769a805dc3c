#include "provider/value/type.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace pigsty::value {

struct Type::Parts {
    std::vector<Type> elements;  // one for collections, all of them for tuples
    Members members;
};

namespace {

using nlohmann::json;

// Type expressions nest as deep as schemas do; text from outside must not overflow the stack.
constexpr int kMaxTypeDepth = 100;

bool nests_too_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > kMaxTypeDepth) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

std::expected<Type, std::string> type_of(const json& node);

std::expected<Type, std::string> primitive_of(const std::string& name) {
    if (name == "string") return Type::string();
    if (name == "number") return Type::number();
    if (name == "bool") return Type::boolean();
    if (name == "dynamic") return Type::dynamic();
    return std::unexpected("a type is required: string, number, bool, dynamic or an array, found \"" + name + "\"");
}

std::expected<Type, std::string> tuple_of(const json& node) {
    if (node.size() != 2 || !node[1].is_array()) {
        return std::unexpected(R"(a tuple type is ["tuple", [TYPE, …]])");
    }
    std::vector<Type> elements;
    for (const json& part : node[1]) {
        auto element = type_of(part);
        if (!element) return std::unexpected(element.error());
        elements.push_back(*std::move(element));
    }
    return Type::tuple(std::move(elements));
}

std::expected<Type, std::string> object_of(const json& node) {
    if (node.size() < 2 || node.size() > 3 || !node[1].is_object()) {
        return std::unexpected(R"(an object type is ["object", {"NAME": TYPE, …}])");
    }
    Type::Members members;
    for (const auto& [name, part] : node[1].items()) {
        auto member = type_of(part);
        if (!member) return std::unexpected(member.error());
        members.emplace(name, *std::move(member));
    }
    if (node.size() == 3) {
        if (!node[2].is_array()) return std::unexpected("the optional members of an object type are an array");
        for (const json& name : node[2]) {
            if (!name.is_string() || !members.contains(name.get<std::string>())) {
                return std::unexpected("an object type lists an optional member that it does not have");
            }
        }
    }
    return Type::object(std::move(members));
}

std::expected<Type, std::string> type_of(const json& node) {
    if (node.is_string()) return primitive_of(node.get<std::string>());
    if (!node.is_array() || node.empty() || !node[0].is_string()) {
        return std::unexpected("a type is a string or an array that begins with one");
    }
    const auto constructor = node[0].get<std::string>();
    if (constructor == "tuple") return tuple_of(node);
    if (constructor == "object") return object_of(node);
    if (constructor != "list" && constructor != "set" && constructor != "map") {
        return std::unexpected("a type constructor is required: list, set, map, tuple or object, found \"" +
                               constructor + "\"");
    }
    if (node.size() != 2) return std::unexpected("a " + constructor + " type has exactly one element type");
    auto element = type_of(node[1]);
    if (!element) return std::unexpected(element.error());
    if (constructor == "list") return Type::list(*std::move(element));
    if (constructor == "set") return Type::set(*std::move(element));
    return Type::map(*std::move(element));
}

const char* name_of(Kind kind) {
    switch (kind) {
        case Kind::kString: return "string";
        case Kind::kNumber: return "number";
        case Kind::kBool: return "bool";
        case Kind::kDynamic: return "dynamic";
        case Kind::kList: return "list";
        case Kind::kSet: return "set";
        case Kind::kMap: return "map";
        case Kind::kTuple: return "tuple";
        case Kind::kObject: return "object";
    }
    return "dynamic";
}

void write_json(const Type& type, std::string& out) {
    if (type.is_primitive() || type.kind() == Kind::kDynamic) {
        out.append("\"").append(name_of(type.kind())).append("\"");
        return;
    }
    out.append("[\"").append(name_of(type.kind())).append("\",");
    if (type.is_collection()) {
        write_json(type.element(), out);
    } else if (type.kind() == Kind::kTuple) {
        out += '[';
        bool first = true;
        for (const Type& element : type.elements()) {
            if (!std::exchange(first, false)) out += ',';
            write_json(element, out);
        }
        out += ']';
    } else {
        out += '{';
        bool first = true;
        for (const auto& [name, member] : type.members()) {
            if (!std::exchange(first, false)) out += ',';
            out += json(name).dump(-1, ' ', false, json::error_handler_t::replace);
            out += ':';
            write_json(member, out);
        }
        out += '}';
    }
    out += ']';
}

}  // namespace

Type Type::list(Type element) {
    return {Kind::kList, std::make_shared<const Parts>(Parts{.elements = {std::move(element)}, .members = {}})};
}

Type Type::set(Type element) {
    return {Kind::kSet, std::make_shared<const Parts>(Parts{.elements = {std::move(element)}, .members = {}})};
}

Type Type::map(Type element) {
    return {Kind::kMap, std::make_shared<const Parts>(Parts{.elements = {std::move(element)}, .members = {}})};
}

Type Type::tuple(std::vector<Type> elements) {
    return {Kind::kTuple, std::make_shared<const Parts>(Parts{.elements = std::move(elements), .members = {}})};
}

Type Type::object(Members members) {
    return {Kind::kObject, std::make_shared<const Parts>(Parts{.elements = {}, .members = std::move(members)})};
}

bool Type::has_dynamic() const {
    if (kind_ == Kind::kDynamic) return true;
    if (!parts_) return false;
    for (const Type& element : parts_->elements) {
        if (element.has_dynamic()) return true;
    }
    for (const auto& [name, member] : parts_->members) {
        if (member.has_dynamic()) return true;
    }
    return false;
}

const Type& Type::element() const { return parts_->elements.front(); }
const std::vector<Type>& Type::elements() const& { return parts_->elements; }
const Type::Members& Type::members() const& { return parts_->members; }

const Type* Type::member(std::string_view name) const {
    const auto found = parts_->members.find(name);
    return found == parts_->members.end() ? nullptr : &found->second;
}

std::string Type::to_json() const {
    std::string out;
    write_json(*this, out);
    return out;
}

std::expected<Type, std::string> Type::from_json(std::string_view text) {
    if (nests_too_deep(text)) return std::unexpected("the type nests too deeply");
    const json node = json::parse(text, nullptr, false);
    if (node.is_discarded()) return std::unexpected("the type is not valid JSON");
    return type_of(node);
}

std::string Type::friendly_name() const {
    if (is_collection()) return std::string(name_of(kind_)) + " of " + element().friendly_name();
    if (kind_ == Kind::kDynamic) return "any type";
    return name_of(kind_);
}

bool operator==(const Type& a, const Type& b) {
    if (a.kind_ != b.kind_) return false;
    if (a.parts_ == b.parts_) return true;
    return a.parts_->elements == b.parts_->elements && a.parts_->members == b.parts_->members;
}

}  // namespace pigsty::value
