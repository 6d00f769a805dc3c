// Arguments of functions that are objects with members one may leave out. Terraform's object types have no such members,
// so the parameter is `dynamic` (Value in C++), and what came is checked here, like a configuration: conversions as
// Terraform makes them, defaults, validators, no unknown members.
//
//     FunctionResult<std::string> call(Value rules, Value networks) const override {
//         const auto own = objects_argument(hba_rule_attributes(), rules, {.index = 0, .name = "rules"});
//         if (!own) return std::unexpected(own.error());              // "rules[2].auth: Expected one of …"
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "provider/framework/attributes.h"
#include "provider/framework/function.h"
#include "provider/framework/object_codec.h"

namespace pigsty::framework {

struct ArgumentName {
    std::int64_t index;
    std::string name;
};

// The object with every member: as written, its default, or null. Null stands for an object of defaults.
FunctionResult<Value> complete_object(const AttributeList& attributes, const Value& argument,
                                      const ArgumentName& where);
FunctionResult<value::Elements> complete_objects(const AttributeList& attributes, const Value& argument,
                                                 const ArgumentName& where);

template <class S>
FunctionResult<S> object_argument(const Attributes<S>& attributes, const Value& argument, const ArgumentName& where) {
    const auto complete = complete_object(attribute_list(attributes.bound()), argument, where);
    if (!complete) return std::unexpected(complete.error());
    Loading loading;
    S object{};
    object_codec(attributes.bound())->load(*complete, &object, loading);
    return object;
}

// A list of such objects; null stands for an empty one.
template <class S>
FunctionResult<std::vector<S>> objects_argument(const Attributes<S>& attributes, const Value& argument,
                                                const ArgumentName& where) {
    const auto complete = complete_objects(attribute_list(attributes.bound()), argument, where);
    if (!complete) return std::unexpected(complete.error());
    const auto codec = object_codec(attributes.bound());
    Loading loading;
    std::vector<S> objects;
    for (const Value& element : *complete) codec->load(element, &objects.emplace_back(), loading);
    return objects;
}

}  // namespace pigsty::framework
