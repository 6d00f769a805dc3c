#pragma once

// The types of Terraform values, and the JSON spelling they have on the wire and in schemas.
//
//   Type instances = Type::map(Type::object({{"address", Type::string()}, {"port", Type::number()}}));
//   instances.to_json();   // ["map",["object",{"address":"string","port":"number"}]]
//   auto parsed = Type::from_json(R"(["list","string"])");
//
// A Type is immutable and cheap to copy (one shared pointer); any thread may use it.

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pigsty::value {

enum class Kind { kString, kNumber, kBool, kDynamic, kList, kSet, kMap, kTuple, kObject };

class Type {
  public:
    using Members = std::map<std::string, Type, std::less<>>;

    // `dynamic`, so that a Type can be a member of a container before it is decided.
    Type() = default;

    static Type string() { return Type(Kind::kString); }
    static Type number() { return Type(Kind::kNumber); }
    static Type boolean() { return Type(Kind::kBool); }
    static Type dynamic() { return Type(Kind::kDynamic); }
    static Type list(Type element);
    static Type set(Type element);
    static Type map(Type element);
    static Type tuple(std::vector<Type> elements);
    static Type object(Members members);

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] bool is_primitive() const {
        return kind_ == Kind::kString || kind_ == Kind::kNumber || kind_ == Kind::kBool;
    }
    [[nodiscard]] bool is_collection() const {
        return kind_ == Kind::kList || kind_ == Kind::kSet || kind_ == Kind::kMap;
    }
    // True where `dynamic` is this type or occurs anywhere inside it.
    [[nodiscard]] bool has_dynamic() const;

    // The element type of a list, set or map.
    [[nodiscard]] const Type& element() const;
    // The element types of a tuple.
    [[nodiscard]] const std::vector<Type>& elements() const&;
    // Of a temporary: a copy, so that `for (… : schema.type().members())` does not look into what is gone.
    [[nodiscard]] std::vector<Type> elements() && { return static_cast<const Type&>(*this).elements(); }
    // The attribute types of an object, sorted by name.
    [[nodiscard]] const Members& members() const&;
    [[nodiscard]] Members members() && { return static_cast<const Type&>(*this).members(); }
    // The type of one attribute of an object, or null when it has none of that name.
    [[nodiscard]] const Type* member(std::string_view name) const;

    // Compact, object members sorted by name: equal types give equal text.
    [[nodiscard]] std::string to_json() const;
    // Accepts what Terraform writes, including the third element of an object that lists optional
    // attributes (their names are checked and dropped). The error says what was expected and found.
    static std::expected<Type, std::string> from_json(std::string_view text);

    // For messages: `string`, `list of string`, `object`.
    [[nodiscard]] std::string friendly_name() const;

    friend bool operator==(const Type& a, const Type& b);

  private:
    struct Parts;

    explicit Type(Kind kind) : kind_(kind) {}
    Type(Kind kind, std::shared_ptr<const Parts> parts) : kind_(kind), parts_(std::move(parts)) {}

    Kind kind_ = Kind::kDynamic;
    std::shared_ptr<const Parts> parts_;  // only for kinds that have parts
};

}  // namespace pigsty::value
