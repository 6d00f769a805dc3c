#include "provider/framework/server_schema.h"

namespace pigsty::framework {

using value::Type;

namespace {

Type object_of(const std::vector<AttributeSchema>& attributes) {
    Type::Members members;
    for (const AttributeSchema& attribute : attributes) {
        members.emplace(attribute.name, attribute.value_type());
    }
    return Type::object(std::move(members));
}

// Terraform types a collection of blocks that hold `dynamic` as one value of any type, because the elements
// of a list or map must all have one type.
Type nested_block_type(const NestedBlockSchema& nested) {
    Type inner = nested.block->type();
    switch (nested.nesting) {
        case BlockNesting::kSingle:
        case BlockNesting::kGroup: return inner;
        case BlockNesting::kList: return inner.has_dynamic() ? Type::dynamic() : Type::list(std::move(inner));
        case BlockNesting::kSet: return Type::set(std::move(inner));
        case BlockNesting::kMap: return inner.has_dynamic() ? Type::dynamic() : Type::map(std::move(inner));
    }
    return inner;
}

}  // namespace

Type ObjectSchema::type() const {
    Type inner = object_of(attributes);
    switch (nesting) {
        case ObjectNesting::kSingle: return inner;
        case ObjectNesting::kList: return Type::list(std::move(inner));
        case ObjectNesting::kSet: return Type::set(std::move(inner));
        case ObjectNesting::kMap: return Type::map(std::move(inner));
    }
    return inner;
}

Type AttributeSchema::value_type() const { return nested ? nested->type() : type.value_or(Type::dynamic()); }

Type BlockSchema::type() const {
    Type::Members members = object_of(attributes).members();
    for (const NestedBlockSchema& nested : blocks) {
        members.emplace(nested.type_name, nested_block_type(nested));
    }
    return Type::object(std::move(members));
}

Type IdentitySchema::type() const {
    Type::Members members;
    for (const IdentityAttributeSchema& attribute : attributes) members.emplace(attribute.name, attribute.type);
    return Type::object(std::move(members));
}

}  // namespace pigsty::framework
