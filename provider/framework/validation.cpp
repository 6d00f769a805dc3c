#include "provider/framework/validation.h"

#include "core/base/unknown.h"

namespace pigsty::framework {
namespace {

bool holds_marker(const Value& value) {
    switch (value.form()) {
        case Value::Form::kString: return has_unknown(value.as_string());
        case Value::Form::kMap:
            for (const auto& [key, member] : value.members()) {
                if (has_unknown(key) || holds_marker(member)) return true;
            }
            return false;
        case Value::Form::kList:
        case Value::Form::kSet:
            for (const Value& element : value.elements()) {
                if (holds_marker(element)) return true;
            }
            return false;
        case Value::Form::kDynamic: return holds_marker(value.dynamic_value());
        default: return false;
    }
}

void refuse_null_elements(const Value& value, const Type& type, const Path& path, Diagnostics& diagnostics) {
    if (!value.is_known() || !type.is_collection()) return;
    const auto check = [&](const Value& element, const Path& here) {
        if (element.is_null()) {
            diagnostics.add_error(
                "Null element in " + path.to_string(),
                "Expected a value at " + here.to_string() + ", found null. Leave the element out instead.", here);
        }
        refuse_null_elements(element, type.element(), here, diagnostics);
    };
    if (type.kind() == value::Kind::kMap) {
        for (const auto& [key, element] : value.members()) check(element, path.key(key));
        return;
    }
    std::int64_t index = 0;
    for (const Value& element : value.elements()) {
        check(element, type.kind() == value::Kind::kList ? path.index(index++) : path);
    }
}

void validate_attribute(const Attribute& attribute, const Value& value, const Path& path, bool write_only_allowed,
                        Diagnostics& diagnostics) {
    if (attribute.write_only && !write_only_allowed && !value.is_null()) {
        diagnostics.add_error(
            "Write-only attribute not allowed",
            "`" + path.to_string() +
                "` is write-only, which needs Terraform 1.11 or OpenTofu 1.11 or later. Upgrade, or use "
                "the attribute that is kept in the state.",
            path);
    }
    if (!value.is_known()) return;
    const bool leaf = attribute.nesting == Nesting::kNone;
    if (leaf && holds_marker(value)) {
        diagnostics.add_error(
            "Character that is not allowed",
            "`" + path.to_string() +
                "` holds the noncharacter U+FDD0, which Unicode reserves for internal use. Remove it.",
            path);
        return;
    }
    if (attribute.type.kind() != value::Kind::kDynamic) refuse_null_elements(value, attribute.type, path, diagnostics);
    const Checked checked{value, path, attribute.sensitive || attribute.write_only};
    for (const Validator& validator : attribute.validators) validator.check(checked, diagnostics);
}

}  // namespace

void validate_config(const AttributeList& attributes, const std::vector<Validator>& rules, const Value& config,
                     bool write_only_allowed, Diagnostics& diagnostics) {
    walk(attributes, config, Path::root(), [&](const Attribute& attribute, const Value& value, const Path& path) {
        validate_attribute(attribute, value, path, write_only_allowed, diagnostics);
    });
    const Path root = Path::root();
    if (!config.is_known()) return;
    for (const Validator& rule : rules) rule.check({config, root}, diagnostics);
}

}  // namespace pigsty::framework
