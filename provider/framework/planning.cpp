#include "provider/framework/planning.h"

#include <functional>
#include <utility>

namespace pigsty::framework {
namespace {

// The element of `other` that belongs to the one at `index` or `key`: null when there is none.
const Value& counterpart(const Value& other, std::size_t index) {
    static const Value kNull;
    return other.is_known() && index < other.elements().size() ? other.elements()[index] : kNull;
}
const Value& counterpart(const Value& other, const std::string& key) {
    static const Value kNull;
    return other.is_known() ? other.get(key) : kNull;
}

using Pairing = std::function<Value(const Value& element, const Value& other)>;

// Rebuilds the objects in the value of a nested attribute, each together with its counterpart in `other`.
Value pair_objects(const Attribute& attribute, const Value& value, const Value& other, const Pairing& pair) {
    if (attribute.nesting == Nesting::kObject) return pair(value, other);
    if (attribute.nesting == Nesting::kList) {
        value::Elements elements;
        for (const Value& element : value.elements()) {
            elements.push_back(pair(element, counterpart(other, elements.size())));
        }
        return Value::list(std::move(elements));
    }
    value::Members members;
    for (const auto& [key, element] : value.members()) members.emplace(key, pair(element, counterpart(other, key)));
    return Value::map(std::move(members));
}

// Visits the objects in the values of a nested attribute that exist in both. A single object that one of them leaves out
// is an object of defaults there.
void visit_pairs(const Attribute& attribute, const Value& prior, const Value& planned, const Path& path,
                 const std::function<void(const Value&, const Value&, const Path&)>& visit) {
    if (prior.is_unknown() || planned.is_unknown()) return;
    if (attribute.nesting == Nesting::kObject) {
        const Value defaults = object_of_defaults(*attribute.members);
        return visit(prior.is_null() ? defaults : prior, planned.is_null() ? defaults : planned, path);
    }
    if (prior.is_null() || planned.is_null()) return;
    if (attribute.nesting == Nesting::kList) {
        const std::size_t both = std::min(prior.elements().size(), planned.elements().size());
        for (std::size_t i = 0; i < both; ++i) {
            visit(prior.elements()[i], planned.elements()[i], path.index(static_cast<std::int64_t>(i)));
        }
        return;
    }
    for (const auto& [key, element] : prior.members()) {
        if (planned.get(key).is_known()) visit(element, planned.get(key), path.key(key));
    }
}

Value planned_attribute(const Attribute& attribute, const Value& config, const Value& prior, bool prior_exists,
                        Undecided undecided) {
    if (attribute.write_only) return Value::null();
    if (!config.is_null()) {
        if (attribute.same_meaning && prior.is_known() && attribute.same_meaning(prior, config)) return prior;
        if (!attribute.is_nested() || config.is_unknown()) return config;
        return pair_objects(attribute, config, prior, [&](const Value& element, const Value& prior_element) {
            if (!element.is_known()) return element;
            return planned_object(*attribute.members, element, prior_element, undecided);
        });
    }
    if (attribute.fixed_default) return *attribute.fixed_default;
    if (!attribute.computed) return Value::null();
    if (prior_exists && (attribute.kept || undecided == Undecided::kPrior)) return prior;
    return Value::unknown();
}

}  // namespace

Value planned_object(const AttributeList& attributes, const Value& config, const Value& prior, Undecided undecided) {
    value::Members members;
    for (const Attribute& attribute : attributes) {
        members.emplace(attribute.name, planned_attribute(attribute, config.get(attribute.name),
                                                          prior.get(attribute.name), prior.is_known(), undecided));
    }
    return Value::object(std::move(members));
}

Value with_defaults(const AttributeList& attributes, const Value& config) {
    return transform(attributes, config, Path::root(), [](const Attribute& attribute, const Value& value, const Path&) {
        return value.is_null() && attribute.fixed_default ? *attribute.fixed_default : value;
    });
}

Value without_write_only(const AttributeList& attributes, const Value& object) {
    return transform(attributes, object, Path::root(), [](const Attribute& attribute, const Value& value, const Path&) {
        return attribute.write_only ? Value::null() : value;
    });
}

Value with_write_only(const AttributeList& attributes, const Value& planned, const Value& config) {
    return transform(attributes, planned, Path::root(),
                     [&](const Attribute& attribute, const Value& value, const Path& path) {
                         return attribute.write_only ? path.look_up(config) : value;
                     });
}

Value with_prior_spelling(const AttributeList& attributes, const Value& prior, const Value& object) {
    return transform(attributes, object, Path::root(),
                     [&](const Attribute& attribute, const Value& value, const Path& path) {
                         if (!attribute.same_meaning || !value.is_known()) return value;
                         const Value before = path.look_up(prior);
                         return before.is_known() && attribute.same_meaning(before, value) ? before : value;
                     });
}

namespace {

void add_replacements(const AttributeList& attributes, const Value& prior, const Value& planned, const Path& path,
                      std::vector<Path>& paths) {
    for (const Attribute& attribute : attributes) {
        const Value& before = prior.get(attribute.name);
        const Value& after = planned.get(attribute.name);
        if (before == after) continue;
        const Path here = path.attribute(attribute.name);
        if (attribute.forces_replacement && (!attribute.replaces || attribute.replaces(before, after))) {
            paths.push_back(here);
        } else if (attribute.is_nested() && after.is_unknown() && before.is_known()) {
            // Nothing inside is known: it may differ where that matters.
            std::vector<Path> inside;
            if (attribute.nesting == Nesting::kObject)
                add_replacements(*attribute.members, before, after, here, inside);
            if (!inside.empty()) paths.push_back(here);
        } else if (attribute.is_nested()) {
            visit_pairs(attribute, before, after, here, [&](const Value& one, const Value& other, const Path& element) {
                add_replacements(*attribute.members, one, other, element, paths);
            });
        }
    }
}

void add_fixed_changes(const AttributeList& attributes, const Value& prior, const Value& planned, const Path& path,
                       Diagnostics& diagnostics) {
    for (const Attribute& attribute : attributes) {
        const Value& before = prior.get(attribute.name);
        const Value& after = planned.get(attribute.name);
        const Path here = path.attribute(attribute.name);
        const bool is_fixed =
            !attribute.fixed_after_creation.empty() && !(attribute.is_fixed_once_set && before.is_null());
        if (is_fixed && after.is_wholly_known() && before != after) {
            const auto shown = [&](const Value& value) {
                if (value.is_null()) return std::string("not set");
                return attribute.sensitive ? std::string("(sensitive value)") : value.to_display(80);
            };
            diagnostics.add_error("Fixed after creation: " + here.to_string(),
                                  "`" + here.to_string() + "` is " + shown(before) +
                                      " and was decided when the resource was created; "
                                      "it cannot become " +
                                      shown(after) + ". " + attribute.fixed_after_creation,
                                  here);
        } else if (attribute.is_nested()) {
            visit_pairs(attribute, before, after, here, [&](const Value& one, const Value& other, const Path& element) {
                add_fixed_changes(*attribute.members, one, other, element, diagnostics);
            });
        }
    }
}

}  // namespace

std::vector<Path> replacements(const AttributeList& attributes, const Value& prior, const Value& planned) {
    std::vector<Path> paths;
    add_replacements(attributes, prior, planned, Path::root(), paths);
    return paths;
}

void refuse_fixed_changes(const AttributeList& attributes, const Value& prior, const Value& planned,
                          Diagnostics& diagnostics) {
    add_fixed_changes(attributes, prior, planned, Path::root(), diagnostics);
}

bool has_missing_unknown(const Value& value, const Type& type) {
    if (value.is_unknown()) return type.kind() != value::Kind::kString;
    if (value.is_null() || value.is_wholly_known()) return false;
    switch (type.kind()) {
        case value::Kind::kObject:
            for (const auto& [name, member] : value.members()) {
                const Type* member_type = type.member(name);
                if (member_type == nullptr || has_missing_unknown(member, *member_type)) return true;
            }
            return false;
        case value::Kind::kMap:
            for (const auto& [key, member] : value.members()) {
                if (has_missing_unknown(member, type.element())) return true;
            }
            return false;
        case value::Kind::kList:
        case value::Kind::kSet:
            for (const Value& element : value.elements()) {
                if (has_missing_unknown(element, type.element())) return true;
            }
            return false;
        default: return true;
    }
}

Value settled(const Value& object, const Value& fallback) {
    if (object.is_unknown()) return fallback.is_wholly_known() ? fallback : Value::null();
    if (object.is_wholly_known()) return object;
    switch (object.form()) {
        case Value::Form::kMap: {
            value::Members members;
            const bool paired = fallback.is_known() && fallback.form() == Value::Form::kMap;
            for (const auto& [key, member] : object.members()) {
                members.emplace(key, settled(member, paired ? fallback.get(key) : Value::null()));
            }
            return Value::map(std::move(members));
        }
        case Value::Form::kList: {
            value::Elements elements;
            const bool paired = fallback.is_known() && fallback.form() == Value::Form::kList;
            for (const Value& element : object.elements()) {
                elements.push_back(settled(element, paired ? counterpart(fallback, elements.size()) : Value::null()));
            }
            return Value::list(std::move(elements));
        }
        default: return fallback.is_wholly_known() ? fallback : Value::null();
    }
}

}  // namespace pigsty::framework
