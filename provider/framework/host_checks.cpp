#include "provider/framework/host_checks.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace pigsty::framework {
namespace {

using value::Elements;
using value::Members;
using value::Path;
using value::Type;
using value::Value;

using AttributeSchemas = std::vector<AttributeSchema>;

class PlanCheck {
  public:
    explicit PlanCheck(Mismatches& mismatches) : mismatches_(mismatches) {}

    void object(const AttributeSchemas& attributes, const Value& config, const Value& prior, const Value& planned,
                const Path& path) {
        for (const AttributeSchema& attribute : attributes) {
            const std::string& name = attribute.name;
            check_attribute(attribute, config.get(name), prior.get(name), planned.get(name), path.attribute(name));
        }
    }

  private:
    void add(const Path& path, std::string what) { mismatches_.push_back({path, std::move(what)}); }

    void check_attribute(const AttributeSchema& attribute, const Value& config, const Value& prior,
                         const Value& planned, const Path& path) {
        if (attribute.write_only) {
            if (!planned.is_null()) add(path, "planned a value for a write-only attribute");
            return;
        }
        if (planned == config) return;
        if (planned == prior && !prior.is_null() && !config.is_null()) return;
        if (attribute.computed && (config.is_null() || !attribute.optional)) return;
        if (attribute.nested) return nested(*attribute.nested, config, prior, planned, path);
        add(path, attribute.computed ? "planned value does not match the configured value"
                  : config.is_null() ? "planned a value for an attribute that is not computed and not configured"
                                     : "planned value of an attribute that is not computed differs from the configured "
                                       "value");
    }

    void nested(const ObjectSchema& schema, const Value& config, const Value& prior, const Value& planned,
                const Path& path) {
        if (config.is_null()) return add(path, "planned for existence but the configuration wants absence");
        if (planned.is_null()) return add(path, "planned for absence but the configuration wants existence");
        if (config.is_unknown()) return add(path, "planned known although the configured value is unknown");
        if (planned.is_unknown()) return add(path, "planned unknown although the configured value is known");
        switch (schema.nesting) {
            case ObjectNesting::kSingle: return object(schema.attributes, config, prior, planned, path);
            case ObjectNesting::kList: return list(schema, config, prior, planned, path);
            case ObjectNesting::kMap: return map(schema, config, prior, planned, path);
            case ObjectNesting::kSet:
                // Which planned element belongs to which configured one cannot be told: only the count can be wrong.
                if (config.is_wholly_known() && planned.elements().size() > config.elements().size()) {
                    add(path, "more elements planned than configured");
                }
                return;
        }
    }

    void list(const ObjectSchema& schema, const Value& config, const Value& prior, const Value& planned,
              const Path& path) {
        static const Value kNull;
        if (config.elements().size() != planned.elements().size()) {
            return add(path, "count of elements in the plan disagrees with the configuration");
        }
        const Elements* before = prior.is_known() ? &prior.elements() : nullptr;
        for (std::size_t i = 0; i < config.elements().size(); ++i) {
            element(schema, config.elements()[i], before != nullptr && i < before->size() ? (*before)[i] : kNull,
                    planned.elements()[i], path.index(static_cast<std::int64_t>(i)));
        }
    }

    void map(const ObjectSchema& schema, const Value& config, const Value& prior, const Value& planned,
             const Path& path) {
        for (const auto& [key, wanted] : config.members()) {
            const auto found = planned.members().find(key);
            if (found == planned.members().end()) {
                add(path.key(key), "configured but not planned");
            } else {
                element(schema, wanted, prior.get(key), found->second, path.key(key));
            }
        }
        for (const auto& [key, extra] : planned.members()) {
            if (!config.members().contains(key)) add(path.key(key), "planned but not configured");
        }
    }

    void element(const ObjectSchema& schema, const Value& config, const Value& prior, const Value& planned,
                 const Path& path) {
        if (planned == config) return;
        if (!config.is_known() || !planned.is_known())
            return add(path, "planned element does not match the configured one");
        object(schema.attributes, config, prior, planned, path);
    }

    Mismatches& mismatches_;
};

// One step into a map or an object, and the type there.
Path member_path(const Path& path, const Type& type, const std::string& name) {
    return type.kind() == value::Kind::kObject ? path.attribute(name) : path.key(name);
}
Type member_type(const Type& type, const std::string& name) {
    if (type.kind() == value::Kind::kMap) return type.element();
    const Type* member = type.kind() == value::Kind::kObject ? type.member(name) : nullptr;
    return member == nullptr ? Type::dynamic() : *member;
}
Type element_type(const Type& type, std::size_t index) {
    if (type.is_collection()) return type.element();
    if (type.kind() == value::Kind::kTuple && index < type.elements().size()) return type.elements()[index];
    return Type::dynamic();
}

// What was planned must be what came: unknown may have become anything.
class ResultCheck {
  public:
    explicit ResultCheck(Mismatches& mismatches) : mismatches_(mismatches) {}

    void check(const Value& planned, const Value& actual, const Type& type, const Path& path) {
        if (planned.is_unknown()) return;
        if (planned.is_null() || actual.is_null()) {
            if (!planned.is_null()) add(path, "was present, but now absent");
            if (!actual.is_null()) add(path, "was absent, but now present");
            return;
        }
        if (actual.is_unknown()) return add(path, "was known, but now unknown");
        if (planned.form() != actual.form()) return add(path, "is of another kind now");
        switch (planned.form()) {
            case Value::Form::kMap: return members(planned.members(), actual.members(), type, path);
            case Value::Form::kList: return elements(planned.elements(), actual.elements(), type, path);
            case Value::Form::kSet: return set(planned.elements(), actual.elements(), type, path);
            default:
                if (planned != actual) add(path, "has another value now");
        }
    }

  private:
    void add(const Path& path, std::string what) { mismatches_.push_back({path, std::move(what)}); }

    void members(const Members& planned, const Members& actual, const Type& type, const Path& path) {
        for (const auto& [key, value] : planned) {
            const Path here = member_path(path, type, key);
            const auto found = actual.find(key);
            if (found == actual.end()) {
                add(here, "has vanished");
            } else {
                check(value, found->second, member_type(type, key), here);
            }
        }
        for (const auto& [key, value] : actual) {
            if (!planned.contains(key)) add(member_path(path, type, key), "has appeared");
        }
    }

    void elements(const Elements& planned, const Elements& actual, const Type& type, const Path& path) {
        if (planned.size() != actual.size()) return add(path, "has another number of elements now");
        for (std::size_t i = 0; i < planned.size(); ++i) {
            check(planned[i], actual[i], element_type(type, i), path.index(static_cast<std::int64_t>(i)));
        }
    }

    void set(const Elements& planned, const Elements& actual, const Type& type, const Path& path) {
        const Type inside = element_type(type, 0);
        const auto fits = [&](const Value& wanted, const Value& found) {
            Mismatches differences;
            ResultCheck(differences).check(wanted, found, inside, path);
            return differences.empty();
        };
        const auto all_paired = [](const Elements& some, const Elements& others, const auto& pairs) {
            return std::all_of(some.begin(), some.end(), [&](const Value& value) {
                return std::any_of(others.begin(), others.end(),
                                   [&](const Value& other) { return pairs(value, other); });
            });
        };
        if (!all_paired(planned, actual, fits)) return add(path, "a planned element has vanished");
        if (!all_paired(actual, planned, [&](const Value& value, const Value& other) { return fits(other, value); })) {
            return add(path, "an element has appeared");
        }
        // Planned elements that were unknown may turn out equal, never become more.
        if (actual.size() > planned.size()) add(path, "has more elements now");
    }

    Mismatches& mismatches_;
};

void check_unknowns(const Value& value, const Type& type, const Path& path, Mismatches& mismatches) {
    if (value.is_unknown()) return mismatches.push_back({path, "is still unknown"});
    if (value.is_null() || value.is_wholly_known()) return;
    if (value.form() == Value::Form::kMap) {
        for (const auto& [key, member] : value.members()) {
            check_unknowns(member, member_type(type, key), member_path(path, type, key), mismatches);
        }
    } else if (value.form() == Value::Form::kList) {
        std::size_t index = 0;
        for (const Value& element : value.elements()) {
            check_unknowns(element, element_type(type, index), path.index(static_cast<std::int64_t>(index)),
                           mismatches);
            ++index;
        }
    } else {
        mismatches.push_back({path, "is still unknown"});
    }
}

void check_write_only(const AttributeSchemas& attributes, const Value& object, const Path& path,
                      Mismatches& mismatches) {
    if (!object.is_known()) return;
    for (const AttributeSchema& attribute : attributes) {
        const Value& value = object.get(attribute.name);
        const Path here = path.attribute(attribute.name);
        if (attribute.write_only && !value.is_null())
            mismatches.push_back({here, "a value for a write-only attribute"});
        if (!attribute.nested || !value.is_known()) continue;
        const AttributeSchemas& inside = attribute.nested->attributes;
        if (attribute.nested->nesting == ObjectNesting::kSingle) {
            check_write_only(inside, value, here, mismatches);
        } else if (attribute.nested->nesting == ObjectNesting::kMap) {
            for (const auto& [key, element] : value.members())
                check_write_only(inside, element, here.key(key), mismatches);
        } else {
            for (const Value& element : value.elements()) check_write_only(inside, element, here, mismatches);
        }
    }
}

Value proposed_object(const AttributeSchemas& attributes, const Value& config, const Value& prior);

Value proposed_attribute(const AttributeSchema& attribute, const Value& config, const Value& prior) {
    if (config.is_null()) return attribute.computed ? prior : config;
    if (!attribute.nested || config.is_unknown()) return config;
    const AttributeSchemas& inside = attribute.nested->attributes;
    switch (attribute.nested->nesting) {
        case ObjectNesting::kSingle: return proposed_object(inside, config, prior);
        case ObjectNesting::kList: {
            Elements elements;
            for (const Value& element : config.elements()) {
                const bool paired = prior.is_known() && elements.size() < prior.elements().size();
                elements.push_back(
                    proposed_object(inside, element, paired ? prior.elements()[elements.size()] : Value()));
            }
            return Value::list(std::move(elements));
        }
        case ObjectNesting::kMap: {
            Members members;
            for (const auto& [key, element] : config.members()) {
                members.emplace(key, proposed_object(inside, element, prior.is_known() ? prior.get(key) : Value()));
            }
            return Value::map(std::move(members));
        }
        case ObjectNesting::kSet: break;
    }
    return config;
}

Value proposed_object(const AttributeSchemas& attributes, const Value& config, const Value& prior) {
    if (!config.is_known()) return config;
    Members members;
    for (const AttributeSchema& attribute : attributes) {
        members.emplace(attribute.name,
                        proposed_attribute(attribute, config.get(attribute.name), prior.get(attribute.name)));
    }
    return Value::object(std::move(members));
}

}  // namespace

Mismatches check_plan(const Schema& schema, const Value& config, const Value& prior, const Value& planned) {
    Mismatches mismatches;
    if (config.is_null() || planned.is_null()) {
        if (!planned.is_null()) mismatches.push_back({Path::root(), "planned to exist although it is to be destroyed"});
        if (!config.is_null()) mismatches.push_back({Path::root(), "planned for absence although it is configured"});
        return mismatches;
    }
    PlanCheck(mismatches).object(schema.block.attributes, config, prior, planned, Path::root());
    return mismatches;
}

Mismatches check_final_plan(const Schema& schema, const Value& first, const Value& second) {
    Mismatches mismatches;
    ResultCheck(mismatches).check(first, second, schema.type(), Path::root());
    return mismatches;
}

Mismatches check_apply(const Schema& schema, const Value& planned, const Value& result) {
    Mismatches mismatches;
    ResultCheck(mismatches).check(planned, result, schema.type(), Path::root());
    for (Mismatch& mismatch : check_state(schema, result)) mismatches.push_back(std::move(mismatch));
    return mismatches;
}

Mismatches check_state(const Schema& schema, const Value& state) {
    Mismatches mismatches;
    check_unknowns(state, schema.type(), Path::root(), mismatches);
    check_write_only(schema.block.attributes, state, Path::root(), mismatches);
    return mismatches;
}

Value proposed_new_state(const Schema& schema, const Value& config, const Value& prior) {
    if (config.is_null()) return config;
    return proposed_object(schema.block.attributes, config, prior);
}

void report_bugs(const Mismatches& mismatches, const std::string& summary, const std::string& subject,
                 Diagnostics& diagnostics, Severity severity) {
    for (const Mismatch& mismatch : mismatches)
        diagnostics.add({severity, "Bug in the provider: " + summary,
                         subject + " " + mismatch.to_string() + ". Please report this.", mismatch.path});
}

}  // namespace pigsty::framework
