#include "provider/framework/schema_check.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "provider/framework/identity.h"

namespace pigsty::framework {
namespace {

using Problems = std::vector<std::string>;

bool is_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// HCL's identifiers, as far as functions and parameters need them.
bool is_identifier(std::string_view name) { return is_name(name) && (name[0] < '0' || name[0] > '9'); }

// What Terraform reads itself where users write attributes. (`connection` may well be computed.)
bool is_reserved(std::string_view name) {
    static const std::set<std::string_view> kReserved = {"connection", "count",    "depends_on", "for_each",
                                                         "lifecycle",  "provider", "provisioner"};
    return kReserved.contains(name);
}

class SchemaCheck {
  public:
    SchemaCheck(std::string where, Problems& problems) : where_(std::move(where)), problems_(problems) {}

    void attributes(const std::vector<AttributeSchema>& attributes, const Path& path, bool in_set) {
        std::set<std::string> names;
        for (const AttributeSchema& attribute : attributes) {
            if (!names.insert(attribute.name).second) add(path.attribute(attribute.name), "is declared twice");
            check_attribute(attribute, path.attribute(attribute.name), in_set);
        }
    }

    void add(const Path& path, const std::string& problem) {
        problems_.push_back(where_ + ": " + path.to_string() + " " + problem);
    }

  private:
    void check_attribute(const AttributeSchema& a, const Path& path, bool in_set) {
        if (!is_name(a.name)) add(path, "is no name: lower-case letters, digits and underscores are");
        if (!a.required && !a.optional && !a.computed) add(path, "is neither required, optional nor computed");
        if (a.required && a.optional) add(path, "is required and optional");
        if (a.required && a.computed) add(path, "is required and computed");
        if (a.write_only && a.computed) add(path, "is write-only and computed");
        if (a.description.empty()) add(path, "has no description");
        if (a.type.has_value() == (a.nested != nullptr)) add(path, "needs either a type or nested attributes");
        if (in_set && a.write_only) add(path, "is write-only inside a set");
        if (a.type) check_type(*a.type, path, in_set);
        if (a.nested) {
            if (a.optional && a.computed) add(path, "is nested, optional and computed: its members can be, it cannot");
            const bool set = a.nested->nesting == ObjectNesting::kSet;
            attributes(a.nested->attributes, path, in_set || set);
            if (a.nested->nesting != ObjectNesting::kSingle && a.value_type().has_dynamic()) {
                add(path, "has a dynamic type inside a collection");
            }
        }
    }

    void check_type(const Type& type, const Path& path, bool in_set) {
        if ((in_set || type.is_collection()) && type.has_dynamic()) add(path, "has a dynamic type inside a collection");
    }

    std::string where_;
    Problems& problems_;
};

bool fits(const Value& value, const Type& type) {
    if (!value.is_known()) return false;
    switch (type.kind()) {
        case value::Kind::kString: return value.form() == Value::Form::kString;
        case value::Kind::kNumber: return value.form() == Value::Form::kNumber;
        case value::Kind::kBool: return value.form() == Value::Form::kBool;
        case value::Kind::kSet:
            // Core pairs elements of sets by value, and a default confuses it.
            return false;
        case value::Kind::kList: return value.form() == Value::Form::kList;
        case value::Kind::kMap:
        case value::Kind::kObject: return value.form() == Value::Form::kMap;
        default: return false;
    }
}

void check_declarations(const AttributeList& attributes, const Path& path, bool in_plain_object, SchemaCheck& check) {
    for (const Attribute& a : attributes) {
        const Path here = path.attribute(a.name);
        if (a.fixed_default && !fits(*a.fixed_default, a.type))
            check.add(here, "has a default of another type, or of a set");
        if (a.fixed_default && a.kept) check.add(here, "has a default and is kept: one of them decides");
        if (a.fixed_default && a.is_nested()) check.add(here, "is nested and has a default: its members can have them");
        if (a.fixed_default) {
            Diagnostics diagnostics;
            for (const Validator& validator : a.validators) validator.check({*a.fixed_default, here}, diagnostics);
            if (diagnostics.has_error()) check.add(here, "has a default that its own validators refuse");
        }
        if (a.never_blank && a.optional && !a.computed) {
            check.add(here, "is an enumeration that may be left out: give it a default, or make it std::optional");
        }
        if (a.write_only && a.forces_replacement)
            check.add(here, "is write-only and forces a replacement in every plan");
        if (a.forces_replacement && !a.fixed_after_creation.empty()) {
            check.add(here, "forces a replacement and is fixed after creation");
        }
        if (a.computed && !a.optional && !a.validators.empty()) check.add(here, "is computed and has validators");
        // A plain object is written whole: nothing in it can be filled in by us.
        if (in_plain_object && (a.fixed_default || a.kept || a.write_only || a.forces_replacement)) {
            check.add(here, "is inside a plain object, where nothing has a default, is kept, write-only or replaces");
        }
        if (a.members) check_declarations(*a.members, here, in_plain_object || a.plain_object, check);
    }
}

}  // namespace

std::vector<std::string> schema_problems(const Schema& schema, const std::string& where) {
    Problems problems;
    if (schema.version < 0) problems.push_back(where + ": the version is negative");
    if (schema.block.description.empty()) problems.push_back(where + ": has no description");
    SchemaCheck(where, problems).attributes(schema.block.attributes, Path::root(), false);
    return problems;
}

std::vector<std::string> identity_problems(const IdentitySchema& schema, const std::string& where) {
    Problems problems;
    SchemaCheck check(where, problems);
    for (const IdentityAttributeSchema& attribute : schema.attributes) {
        const Path path = Path::of(attribute.name);
        const bool list_of_primitives =
            attribute.type.kind() == value::Kind::kList && attribute.type.element().is_primitive();
        if (!attribute.type.is_primitive() && !list_of_primitives)
            check.add(path, "is neither primitive nor a list of such");
        if (attribute.required_for_import == attribute.optional_for_import) {
            check.add(path, "must be either required or optional for import");
        }
        if (attribute.description.empty()) check.add(path, "has no description");
    }
    return problems;
}

std::vector<std::string> function_problems(const FunctionSchema& schema, const std::string& where) {
    Problems problems;
    std::set<std::string> names;
    std::vector<ParameterSchema> parameters = schema.parameters;
    if (schema.variadic_parameter) parameters.push_back(*schema.variadic_parameter);
    for (const ParameterSchema& parameter : parameters) {
        if (!is_identifier(parameter.name))
            problems.push_back(where + ": a parameter has the name \"" + parameter.name + "\"");
        if (!names.insert(parameter.name).second)
            problems.push_back(where + ": " + parameter.name + " is declared twice");
        if (parameter.description.empty()) problems.push_back(where + ": " + parameter.name + " has no description");
    }
    if (schema.summary.empty() || schema.description.empty())
        problems.push_back(where + ": has no summary or description");
    return problems;
}

std::vector<std::string> declaration_problems(const AttributeList& attributes, const std::string& where) {
    Problems problems;
    SchemaCheck check(where, problems);
    check_declarations(attributes, Path::root(), false, check);
    return problems;
}

std::vector<std::string> provider_problems(const Provider& provider) {
    Problems problems;
    const auto take = [&](Problems more) { problems.insert(problems.end(), more.begin(), more.end()); };
    const auto take_object = [&](const auto& declaration, const std::string& where, bool reserved) {
        Schema schema;
        schema.block = block_schema(declaration.attributes, declaration.description);
        take(schema_problems(schema, where));
        take(declaration_problems(declaration.attributes, where));
        for (const Attribute& attribute : declaration.attributes) {
            const bool written = attribute.required || attribute.optional;
            if (reserved && written && is_reserved(attribute.name)) {
                problems.push_back(where + ": " + attribute.name + " is a name that Terraform keeps for itself");
            }
        }
    };
    const auto take_all = [&](const auto& entries, const std::string& kind) {
        std::set<std::string> names;
        for (const auto& entry : entries) {
            const std::string where = kind + " " + entry.name;
            if (!names.insert(entry.name).second) problems.push_back(where + ": is declared twice");
            take_object(entry.make()->declaration(), where, true);
        }
        return names;
    };
    take_object(provider.declaration(), "provider", false);
    const auto resources = take_all(provider.resources(), "resource");
    take_all(provider.data_sources(), "data source");
    take_all(provider.ephemerals(), "ephemeral resource");
    take_all(provider.actions(), "action");
    std::set<std::string> with_identity;
    for (const auto& entry : provider.resources()) {
        const auto resource = entry.make();
        const auto& identity = resource->declaration().identity;
        if (!identity.empty()) with_identity.insert(entry.name);
        take(identity_problems(identity_schema(identity), "identity of " + entry.name));
    }
    for (const std::string& name : take_all(provider.lists(), "list")) {
        if (!with_identity.contains(name))
            problems.push_back("list " + name + ": no resource of that name has an identity");
    }
    for (const auto& entry : provider.functions()) {
        const std::string where = "function " + entry.name;
        if (!is_identifier(entry.name)) problems.push_back(where + ": is no identifier");
        take(function_problems(entry.make()->schema(), where));
    }
    return problems;
}

}  // namespace pigsty::framework
