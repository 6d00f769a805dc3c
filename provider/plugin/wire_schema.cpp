#include "provider/plugin/wire_schema.h"

namespace pigsty::plugin {

using framework::AttributeSchema;
using framework::BlockNesting;
using framework::BlockSchema;
using framework::NestedBlockSchema;
using framework::ObjectNesting;
using framework::ObjectSchema;

namespace {

void write_attribute(const AttributeSchema& attribute, tfplugin6::Schema::Attribute* message);

tfplugin6::Schema::Object::NestingMode wire_nesting(ObjectNesting nesting) {
    switch (nesting) {
        case ObjectNesting::kSingle: return tfplugin6::Schema::Object::SINGLE;
        case ObjectNesting::kList: return tfplugin6::Schema::Object::LIST;
        case ObjectNesting::kSet: return tfplugin6::Schema::Object::SET;
        case ObjectNesting::kMap: return tfplugin6::Schema::Object::MAP;
    }
    return tfplugin6::Schema::Object::INVALID;
}

tfplugin6::Schema::NestedBlock::NestingMode wire_nesting(BlockNesting nesting) {
    switch (nesting) {
        case BlockNesting::kSingle: return tfplugin6::Schema::NestedBlock::SINGLE;
        case BlockNesting::kList: return tfplugin6::Schema::NestedBlock::LIST;
        case BlockNesting::kSet: return tfplugin6::Schema::NestedBlock::SET;
        case BlockNesting::kMap: return tfplugin6::Schema::NestedBlock::MAP;
        case BlockNesting::kGroup: return tfplugin6::Schema::NestedBlock::GROUP;
    }
    return tfplugin6::Schema::NestedBlock::INVALID;
}

void write_object(const ObjectSchema& object, tfplugin6::Schema::Object* message) {
    message->set_nesting(wire_nesting(object.nesting));
    for (const AttributeSchema& attribute : object.attributes) write_attribute(attribute, message->add_attributes());
}

void write_attribute(const AttributeSchema& attribute, tfplugin6::Schema::Attribute* message) {
    message->set_name(attribute.name);
    if (attribute.nested) {
        write_object(*attribute.nested, message->mutable_nested_type());
    } else {
        message->set_type(attribute.value_type().to_json());
    }
    message->set_description(attribute.description);
    message->set_description_kind(tfplugin6::MARKDOWN);
    message->set_required(attribute.required);
    message->set_optional(attribute.optional);
    message->set_computed(attribute.computed);
    message->set_sensitive(attribute.sensitive);
    message->set_write_only(attribute.write_only);
    message->set_deprecated(!attribute.deprecation_message.empty());
    message->set_deprecation_message(attribute.deprecation_message);
}

void write_block(const BlockSchema& block, tfplugin6::Schema::Block* message) {
    message->set_description(block.description);
    message->set_description_kind(tfplugin6::MARKDOWN);
    message->set_deprecated(!block.deprecation_message.empty());
    message->set_deprecation_message(block.deprecation_message);
    for (const AttributeSchema& attribute : block.attributes) write_attribute(attribute, message->add_attributes());
    for (const NestedBlockSchema& nested : block.blocks) {
        tfplugin6::Schema::NestedBlock* out = message->add_block_types();
        out->set_type_name(nested.type_name);
        out->set_nesting(wire_nesting(nested.nesting));
        out->set_min_items(nested.min_items);
        out->set_max_items(nested.max_items);
        write_block(*nested.block, out->mutable_block());
    }
}

void write_parameter(const framework::ParameterSchema& parameter, tfplugin6::Function::Parameter* message) {
    message->set_name(parameter.name);
    message->set_type(parameter.type.to_json());
    message->set_allow_null_value(parameter.allow_null);
    message->set_allow_unknown_values(parameter.allow_unknown);
    message->set_description(parameter.description);
    message->set_description_kind(tfplugin6::MARKDOWN);
}

}  // namespace

void write_schema(const framework::Schema& schema, tfplugin6::Schema* message) {
    message->set_version(schema.version);
    // Even an empty block has to be there: Terraform panics without.
    write_block(schema.block, message->mutable_block());
}

void write_identity_schema(const framework::IdentitySchema& schema, tfplugin6::ResourceIdentitySchema* message) {
    message->set_version(schema.version);
    for (const framework::IdentityAttributeSchema& attribute : schema.attributes) {
        auto* out = message->add_identity_attributes();
        out->set_name(attribute.name);
        out->set_type(attribute.type.to_json());
        out->set_required_for_import(attribute.required_for_import);
        out->set_optional_for_import(attribute.optional_for_import);
        out->set_description(attribute.description);
    }
}

void write_function(const framework::FunctionSchema& schema, tfplugin6::Function* message) {
    for (const framework::ParameterSchema& parameter : schema.parameters) {
        write_parameter(parameter, message->add_parameters());
    }
    if (schema.variadic_parameter) write_parameter(*schema.variadic_parameter, message->mutable_variadic_parameter());
    message->mutable_return_()->set_type(schema.return_type.to_json());
    message->set_summary(schema.summary);
    message->set_description(schema.description);
    message->set_description_kind(tfplugin6::MARKDOWN);
    message->set_deprecation_message(schema.deprecation_message);
}

void write_capabilities(const framework::ServerCapabilities& capabilities, tfplugin6::ServerCapabilities* message) {
    message->set_plan_destroy(capabilities.plan_destroy);
    message->set_get_provider_schema_optional(capabilities.get_provider_schema_optional);
    message->set_move_resource_state(capabilities.move_resource_state);
    message->set_generate_resource_config(capabilities.generate_resource_config);
}

}  // namespace pigsty::plugin
