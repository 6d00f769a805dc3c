// Attribute: one attribute of a resource, data source, provider, … as it was declared, free of the C++ member
// it fills.
//
// Declarations are written with the builders of attributes.h; the schema on the wire, planning, validation
// and the documentation all read this one structure.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provider/framework/diagnostic.h"
#include "provider/framework/server_schema.h"
#include "provider/value/path.h"
#include "provider/value/type.h"
#include "provider/value/value.h"

namespace pigsty::framework {

using value::Path;
using value::Type;
using value::Value;

// A value under validation: known and not null; members and elements inside may still be null or unknown.
struct Checked {
    const Value& value;
    const Path& path;
    bool sensitive = false;

    // The value for a message: quoted and cut, or "(sensitive value)".
    [[nodiscard]] std::string found() const;
    // An element or member of it.
    [[nodiscard]] Checked inside(const Value& element, const Path& element_path) const {
        return {element, element_path, sensitive};
    }
    // "Expected <expected>, found <found>. <what_to_do>"
    void refuse(Diagnostics& diagnostics, const std::string& expected, const std::string& what_to_do = {}) const;
};

// One rule for the value of an attribute. A check skips what it cannot know.
struct Validator {
    std::string text;  // ends the sentence "Must be …" in the documentation
    std::function<void(const Checked& checked, Diagnostics& diagnostics)> check;
};

// Where a schema stands. What is only ever configuration (the provider, lists, actions) has no state that a default could
// be computed into: such attributes are plainly optional on the wire.
enum class SchemaUse { kState, kConfigOnly };

struct Attribute;
using AttributeList = std::vector<Attribute>;

// What the members of a nested attribute (or of a plain object) look like. kNone: not an object.
enum class Nesting { kNone, kObject, kList, kMap };

struct Attribute {
    std::string name;
    Type type;  // nested attributes too: the object, list of objects or map of objects
    std::string description;
    std::string example;  // HCL, as it would stand behind `name = `

    bool required = false;
    bool optional = false;
    bool computed = false;
    bool sensitive = false;
    bool write_only = false;
    std::string deprecation;

    // Taken when the configuration says nothing; removing a written value brings it back.
    std::optional<Value> fixed_default;
    // Decided once: the prior value stands while the configuration says nothing.
    bool kept = false;
    bool forces_replacement = false;
    // With forces_replacement: only where this says so. `planned` may be or hold unknowns.
    std::function<bool(const Value& prior, const Value& planned)> replaces;
    std::string replaces_when;  // which changes those are, as a sentence of the documentation
    // Not empty: a change is refused at plan; the text tells the way out.
    std::string fixed_after_creation;
    bool is_fixed_once_set = false;  // one that was left out may be written down later: the apply refuses another value
    std::vector<Validator> validators;
    // True when both mean the same, so that the prior spelling is kept. Never called with null; `next` may
    // hold unknowns when it comes from a configuration.
    std::function<bool(const Value& prior, const Value& next)> same_meaning;

    // The C++ member has no value that could stand for "not written" (an enumeration outside std::optional).
    bool never_blank = false;

    Nesting nesting = Nesting::kNone;
    std::shared_ptr<const AttributeList> members;  // set when nesting is not kNone
    // An attribute of plain object type: written whole or not at all, planned as one value. On the wire it
    // has a type, not nested attributes.
    bool plain_object = false;

    // True where planning and defaults go into the members.
    [[nodiscard]] bool is_nested() const { return nesting != Nesting::kNone && !plain_object; }
    [[nodiscard]] AttributeSchema wire_schema(SchemaUse use) const;
};

// The object type with these attributes.
Type object_type(const AttributeList& attributes);
BlockSchema block_schema(const AttributeList& attributes, std::string description = {},
                         SchemaUse use = SchemaUse::kState);
// What an object that was left out equals: every attribute its default, or null.
Value object_of_defaults(const AttributeList& attributes);
const Attribute* find_attribute(const AttributeList& attributes, std::string_view name);

// Calls `visit` for every attribute with its value, outermost first, into nested attributes and plain
// objects, elements of lists and maps included. Nothing below a null or an unknown is visited.
void walk(const AttributeList& attributes, const Value& object, const Path& path,
          const std::function<void(const Attribute&, const Value&, const Path&)>& visit);

// A copy of `object` in which every attribute's value was replaced by what `change` returned for it,
// innermost attributes first. Elements and members that are null or unknown are left alone.
Value transform(const AttributeList& attributes, const Value& object, const Path& path,
                const std::function<Value(const Attribute&, const Value&, const Path&)>& change);

}  // namespace pigsty::framework
