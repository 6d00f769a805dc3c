#include "provider/framework/object_argument.h"

#include <expected>
#include <utility>

#include "provider/framework/validation.h"

namespace pigsty::framework {
namespace {

struct Misfit {
    Path path;
    std::string text;
};
using Conformed = std::expected<Value, Misfit>;

Conformed misfit(const Path& path, const std::string& expected, const Value& found) {
    return std::unexpected(Misfit{path, "expected " + expected + ", found " + found.to_display(60)});
}

Conformed conformed_objects(const Attribute& attribute, const Value& given, const Path& path);

// HCL writes numbers where texts are wanted and the other way round.
Conformed conformed_primitive(const Value& given, const Type& type, const Path& path) {
    const Value::Form form = given.form();
    switch (type.kind()) {
        case value::Kind::kString:
            if (form == Value::Form::kString) return given;
            if (form == Value::Form::kNumber) return Value::string(given.as_number().to_text());
            if (form == Value::Form::kBool) return Value::string(given.as_bool() ? "true" : "false");
            return misfit(path, "text", given);
        case value::Kind::kNumber:
            if (form == Value::Form::kNumber) return given;
            if (form == Value::Form::kString) {
                if (const auto number = value::Number::parse(given.as_string())) return Value::number(*number);
            }
            return misfit(path, "a number", given);
        default:
            if (form == Value::Form::kBool) return given;
            if (form == Value::Form::kString && given.as_string() == "true") return Value::boolean(true);
            if (form == Value::Form::kString && given.as_string() == "false") return Value::boolean(false);
            return misfit(path, "true or false", given);
    }
}

// `each` brings one element into its form.
template <class Each>
Conformed conformed_list(const Value& given, bool set, const Path& path, const Each& each) {
    if (given.form() != Value::Form::kList && given.form() != Value::Form::kSet) return misfit(path, "a list", given);
    value::Elements elements;
    for (const Value& element : given.elements()) {
        auto one = each(element, path.index(static_cast<std::int64_t>(elements.size())));
        if (!one) return one;
        elements.push_back(std::move(*one));
    }
    return set ? Value::set(std::move(elements)) : Value::list(std::move(elements));
}

template <class Each>
Conformed conformed_map(const Value& given, const Path& path, const Each& each) {
    if (given.form() != Value::Form::kMap) return misfit(path, "a map", given);
    value::Members members;
    for (const auto& [key, element] : given.members()) {
        auto one = each(element, path.key(key));
        if (!one) return one;
        members.emplace(key, std::move(*one));
    }
    return Value::map(std::move(members));
}

Conformed conformed(const Value& given, const Type& type, const Path& path) {
    if (!given.is_known()) return given;
    if (given.form() == Value::Form::kDynamic) return conformed(given.dynamic_value(), type, path);
    const auto element = [&type](const Value& value, const Path& where) {
        return conformed(value, type.element(), where);
    };
    switch (type.kind()) {
        case value::Kind::kList: return conformed_list(given, false, path, element);
        case value::Kind::kSet: return conformed_list(given, true, path, element);
        case value::Kind::kMap: return conformed_map(given, path, element);
        case value::Kind::kString:
        case value::Kind::kNumber:
        case value::Kind::kBool: return conformed_primitive(given, type, path);
        default: return given;
    }
}

std::string names_of(const AttributeList& attributes) {
    std::string names;
    for (const Attribute& attribute : attributes) names += (names.empty() ? "" : ", ") + attribute.name;
    return names;
}

Conformed conformed_object(const AttributeList& attributes, const Value& given, const Path& path) {
    if (given.form() == Value::Form::kDynamic) return conformed_object(attributes, given.dynamic_value(), path);
    if (given.form() != Value::Form::kMap) return misfit(path, "an object", given);
    for (const auto& [name, member] : given.members()) {
        if (find_attribute(attributes, name) != nullptr) continue;
        return std::unexpected(
            Misfit{path.attribute(name), "there is no such member. Members are " + names_of(attributes)});
    }
    value::Members members;
    for (const Attribute& attribute : attributes) {
        const Path here = path.attribute(attribute.name);
        const Value& member = given.get(attribute.name);
        if (member.is_null()) {
            if (attribute.required) return std::unexpected(Misfit{here, "is missing. " + attribute.description});
            members.emplace(attribute.name, attribute.fixed_default.value_or(Value::null()));
            continue;
        }
        auto value = attribute.nesting == Nesting::kNone ? conformed(member, attribute.type, here)
                                                         : conformed_objects(attribute, member, here);
        if (!value) return value;
        members.emplace(attribute.name, std::move(*value));
    }
    return Value::object(std::move(members));
}

Conformed conformed_objects(const Attribute& attribute, const Value& given, const Path& path) {
    if (given.form() == Value::Form::kDynamic) return conformed_objects(attribute, given.dynamic_value(), path);
    const auto object = [&attribute](const Value& value, const Path& where) {
        return conformed_object(*attribute.members, value, where);
    };
    if (attribute.nesting == Nesting::kList) return conformed_list(given, false, path, object);
    if (attribute.nesting == Nesting::kMap) return conformed_map(given, path, object);
    return object(given, path);
}

std::unexpected<FunctionError> refused(const Misfit& misfit, const ArgumentName& where) {
    return argument_error(where.index, misfit.path.to_string() + ": " + misfit.text);
}

// What validators say, with the path that they do not know.
FunctionResult<bool> validated(const AttributeList& attributes, const Value& object, const Path& path,
                               const ArgumentName& where) {
    Diagnostics problems;
    validate_config(attributes, {}, object, true, problems);
    for (const Diagnostic& problem : problems) {
        Path full = path;
        if (problem.path) {
            for (const Path::Step& step : problem.path->steps()) full = full.then(step);
        }
        return refused({full, problem.detail}, where);
    }
    return true;
}

FunctionResult<Value> complete(const AttributeList& attributes, const Value& argument, const Path& path,
                               const ArgumentName& where) {
    auto object = conformed_object(attributes, argument, path);
    if (!object) return refused(object.error(), where);
    const auto good = validated(attributes, *object, path, where);
    if (!good) return std::unexpected(good.error());
    return std::move(*object);
}

}  // namespace

FunctionResult<Value> complete_object(const AttributeList& attributes, const Value& argument,
                                      const ArgumentName& where) {
    return complete(attributes, argument.is_null() ? Value::object({}) : argument, Path::of(where.name), where);
}

FunctionResult<value::Elements> complete_objects(const AttributeList& attributes, const Value& argument,
                                                 const ArgumentName& where) {
    if (argument.is_null()) return value::Elements{};
    if (argument.form() == Value::Form::kDynamic) return complete_objects(attributes, argument.dynamic_value(), where);
    const Path path = Path::of(where.name);
    if (argument.form() != Value::Form::kList && argument.form() != Value::Form::kSet)
        return refused(misfit(path, "a list of objects", argument).error(), where);
    value::Elements objects;
    for (const Value& element : argument.elements()) {
        auto object = complete(attributes, element, path.index(static_cast<std::int64_t>(objects.size())), where);
        if (!object) return std::unexpected(object.error());
        objects.push_back(std::move(*object));
    }
    return objects;
}

}  // namespace pigsty::framework
