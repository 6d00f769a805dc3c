#include "provider/framework/identity.h"

#include <utility>

namespace pigsty::framework {

IdentitySchema identity_schema(const std::vector<IdentityAttribute>& attributes) {
    IdentitySchema schema;
    for (const IdentityAttribute& attribute : attributes) {
        schema.attributes.push_back({.name = attribute.name,
                                     .type = attribute.type,
                                     .required_for_import = attribute.required_for_import,
                                     .optional_for_import = !attribute.required_for_import,
                                     .description = attribute.description});
    }
    return schema;
}

std::optional<Value> identity_of(const ResourceDeclaration& declaration, const Value& state) {
    if (declaration.identity.empty()) return std::nullopt;
    value::Members members;
    for (const IdentityAttribute& attribute : declaration.identity) {
        members.emplace(attribute.name, attribute.from.is_root() ? Value::null() : attribute.from.look_up(state));
    }
    return Value::object(std::move(members));
}

void check_same_identity(const ResourceDeclaration& declaration, const std::optional<Value>& before,
                         const std::optional<Value>& now, Diagnostics& diagnostics) {
    if (!before || !now || !before->is_known() || !now->is_known()) return;
    for (const IdentityAttribute& attribute : declaration.identity) {
        const Value& old_part = before->get(attribute.name);
        const Value& new_part = now->get(attribute.name);
        if (attribute.from.is_root() || !old_part.is_known() || new_part.is_unknown() || old_part == new_part) continue;
        diagnostics.add_error(
            "Unexpected identity change",
            "The identity's `" + attribute.name + "` was " + old_part.to_display(80) + " and is now " +
                (new_part.is_null() ? std::string("not set") : new_part.to_display(80)) +
                ". What has another identity is another object: if it was made anew outside Terraform, "
                "take this one out with `state rm` and import the new one.");
    }
}

}  // namespace pigsty::framework
