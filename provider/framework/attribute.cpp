#include "provider/framework/attribute.h"

#include <string>
#include <utility>

namespace pigsty::framework {
namespace {

ObjectNesting wire_nesting(Nesting nesting) {
    switch (nesting) {
        case Nesting::kList: return ObjectNesting::kList;
        case Nesting::kMap: return ObjectNesting::kMap;
        case Nesting::kNone:
        case Nesting::kObject: break;
    }
    return ObjectNesting::kSingle;
}

// The objects inside the value of an attribute with members, each with its path.
void each_object(const Attribute& attribute, const Value& value, const Path& path,
                 const std::function<void(const Value&, const Path&)>& visit) {
    if (!value.is_known()) return;
    if (attribute.nesting == Nesting::kObject) visit(value, path);
    if (attribute.nesting == Nesting::kList) {
        std::int64_t index = 0;
        for (const Value& element : value.elements()) visit(element, path.index(index++));
    }
    if (attribute.nesting == Nesting::kMap) {
        for (const auto& [key, element] : value.members()) visit(element, path.key(key));
    }
}

Value transform_inside(const Attribute& attribute, const Value& value, const Path& path,
                       const std::function<Value(const Attribute&, const Value&, const Path&)>& change) {
    if (!value.is_known() || attribute.nesting == Nesting::kNone) return value;
    const AttributeList& members = *attribute.members;
    switch (attribute.nesting) {
        case Nesting::kNone: return value;
        case Nesting::kObject: return transform(members, value, path, change);
        case Nesting::kList: {
            value::Elements elements;
            std::int64_t index = 0;
            for (const Value& element : value.elements()) {
                elements.push_back(transform(members, element, path.index(index++), change));
            }
            return Value::list(std::move(elements));
        }
        case Nesting::kMap: {
            value::Members entries;
            for (const auto& [key, element] : value.members()) {
                entries.emplace(key, transform(members, element, path.key(key), change));
            }
            return Value::map(std::move(entries));
        }
    }
    return value;
}

}  // namespace

std::string Checked::found() const { return sensitive ? "(sensitive value)" : value.to_display(80); }

void Checked::refuse(Diagnostics& diagnostics, const std::string& expected, const std::string& what_to_do) const {
    std::string detail = "Expected " + expected + ", found " + found() + ".";
    if (!what_to_do.empty()) detail += " " + what_to_do;
    diagnostics.add_error("Invalid value of " + (path.is_root() ? std::string("the object") : path.to_string()),
                          std::move(detail), path);
}

AttributeSchema Attribute::wire_schema(SchemaUse use) const {
    AttributeSchema schema;
    schema.name = name;
    schema.description = description;
    schema.required = required;
    schema.optional = optional;
    schema.computed = computed && !(optional && use == SchemaUse::kConfigOnly);
    schema.sensitive = sensitive;
    schema.write_only = write_only;
    schema.deprecation_message = deprecation;
    if (!is_nested()) {
        schema.type = type;
        return schema;
    }
    ObjectSchema object;
    object.nesting = wire_nesting(nesting);
    for (const Attribute& member : *members) object.attributes.push_back(member.wire_schema(use));
    schema.nested = std::make_shared<const ObjectSchema>(std::move(object));
    return schema;
}

Type object_type(const AttributeList& attributes) {
    Type::Members members;
    for (const Attribute& attribute : attributes) members.emplace(attribute.name, attribute.type);
    return Type::object(std::move(members));
}

BlockSchema block_schema(const AttributeList& attributes, std::string description, SchemaUse use) {
    BlockSchema block;
    block.description = std::move(description);
    for (const Attribute& attribute : attributes) block.attributes.push_back(attribute.wire_schema(use));
    return block;
}

Value object_of_defaults(const AttributeList& attributes) {
    value::Members members;
    for (const Attribute& attribute : attributes) {
        members.emplace(attribute.name, attribute.fixed_default.value_or(Value::null()));
    }
    return Value::object(std::move(members));
}

const Attribute* find_attribute(const AttributeList& attributes, std::string_view name) {
    for (const Attribute& attribute : attributes) {
        if (attribute.name == name) return &attribute;
    }
    return nullptr;
}

void walk(const AttributeList& attributes, const Value& object, const Path& path,
          const std::function<void(const Attribute&, const Value&, const Path&)>& visit) {
    if (!object.is_known()) return;
    for (const Attribute& attribute : attributes) {
        const Value& value = object.get(attribute.name);
        const Path here = path.attribute(attribute.name);
        visit(attribute, value, here);
        each_object(attribute, value, here, [&](const Value& element, const Path& element_path) {
            walk(*attribute.members, element, element_path, visit);
        });
    }
}

Value transform(const AttributeList& attributes, const Value& object, const Path& path,
                const std::function<Value(const Attribute&, const Value&, const Path&)>& change) {
    if (!object.is_known()) return object;
    value::Members members;
    for (const Attribute& attribute : attributes) {
        const Path here = path.attribute(attribute.name);
        const Value inside = transform_inside(attribute, object.get(attribute.name), here, change);
        members.emplace(attribute.name, change(attribute, inside, here));
    }
    return Value::object(std::move(members));
}

}  // namespace pigsty::framework
