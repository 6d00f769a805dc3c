#include "provider/plugin/read_schema.h"

#include <stdexcept>

namespace pigsty::plugin {

using framework::AttributeSchema;
using framework::BlockNesting;
using framework::BlockSchema;
using framework::ObjectNesting;
using framework::ObjectSchema;

namespace {

struct Malformed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

value::Type read_type(const std::string& json, const std::string& where) {
    auto type = value::Type::from_json(json);
    if (!type) throw Malformed(where + ": " + type.error());
    return *std::move(type);
}

AttributeSchema read_attribute(const tfplugin6::Schema::Attribute& message);

ObjectSchema read_object(const tfplugin6::Schema::Object& message, const std::string& where) {
    ObjectSchema object;
    switch (message.nesting()) {
        case tfplugin6::Schema::Object::SINGLE: object.nesting = ObjectNesting::kSingle; break;
        case tfplugin6::Schema::Object::LIST: object.nesting = ObjectNesting::kList; break;
        case tfplugin6::Schema::Object::SET: object.nesting = ObjectNesting::kSet; break;
        case tfplugin6::Schema::Object::MAP: object.nesting = ObjectNesting::kMap; break;
        default: throw Malformed(where + ": a nesting mode is required");
    }
    for (const auto& attribute : message.attributes()) object.attributes.push_back(read_attribute(attribute));
    return object;
}

AttributeSchema read_attribute(const tfplugin6::Schema::Attribute& message) {
    AttributeSchema attribute{.name = message.name(),
                              .type = {},
                              .nested = {},
                              .description = message.description(),
                              .required = message.required(),
                              .optional = message.optional(),
                              .computed = message.computed(),
                              .sensitive = message.sensitive(),
                              .write_only = message.write_only(),
                              .deprecation_message = message.deprecation_message()};
    if (message.has_nested_type() == !message.type().empty()) {
        throw Malformed(message.name() + ": exactly one of type and nested_type is required");
    }
    if (message.has_nested_type()) {
        attribute.nested = std::make_shared<const ObjectSchema>(read_object(message.nested_type(), message.name()));
    } else {
        attribute.type = read_type(message.type(), message.name());
    }
    return attribute;
}

BlockNesting read_nesting(const tfplugin6::Schema::NestedBlock& message) {
    switch (message.nesting()) {
        case tfplugin6::Schema::NestedBlock::SINGLE: return BlockNesting::kSingle;
        case tfplugin6::Schema::NestedBlock::LIST: return BlockNesting::kList;
        case tfplugin6::Schema::NestedBlock::SET: return BlockNesting::kSet;
        case tfplugin6::Schema::NestedBlock::MAP: return BlockNesting::kMap;
        case tfplugin6::Schema::NestedBlock::GROUP: return BlockNesting::kGroup;
        default: throw Malformed(message.type_name() + ": a nesting mode is required");
    }
}

BlockSchema read_block(const tfplugin6::Schema::Block& message) {
    BlockSchema block{.attributes = {},
                      .blocks = {},
                      .description = message.description(),
                      .deprecation_message = message.deprecation_message()};
    for (const auto& attribute : message.attributes()) block.attributes.push_back(read_attribute(attribute));
    for (const auto& nested : message.block_types()) {
        if (!nested.has_block()) throw Malformed(nested.type_name() + ": a block is required");
        block.blocks.push_back({.type_name = nested.type_name(),
                                .nesting = read_nesting(nested),
                                .block = std::make_shared<const BlockSchema>(read_block(nested.block())),
                                .min_items = nested.min_items(),
                                .max_items = nested.max_items()});
    }
    return block;
}

framework::ParameterSchema read_parameter(const tfplugin6::Function::Parameter& message) {
    return {.name = message.name(),
            .type = read_type(message.type(), message.name()),
            .allow_null = message.allow_null_value(),
            .allow_unknown = message.allow_unknown_values(),
            .description = message.description()};
}

}  // namespace

std::expected<framework::Schema, std::string> read_schema(const tfplugin6::Schema& message) {
    if (!message.has_block()) return std::unexpected("a schema needs a block");
    try {
        return framework::Schema{.version = message.version(), .block = read_block(message.block())};
    } catch (const Malformed& malformed) {
        return std::unexpected(malformed.what());
    }
}

std::expected<framework::IdentitySchema, std::string> read_identity_schema(
    const tfplugin6::ResourceIdentitySchema& message) {
    framework::IdentitySchema schema{.version = message.version(), .attributes = {}};
    try {
        for (const auto& attribute : message.identity_attributes()) {
            schema.attributes.push_back({.name = attribute.name(),
                                         .type = read_type(attribute.type(), attribute.name()),
                                         .required_for_import = attribute.required_for_import(),
                                         .optional_for_import = attribute.optional_for_import(),
                                         .description = attribute.description()});
        }
    } catch (const Malformed& malformed) {
        return std::unexpected(malformed.what());
    }
    return schema;
}

std::expected<framework::FunctionSchema, std::string> read_function(const tfplugin6::Function& message) {
    if (!message.has_return_()) return std::unexpected("a function needs a return type");
    try {
        framework::FunctionSchema function{.parameters = {},
                                           .variadic_parameter = {},
                                           .return_type = read_type(message.return_().type(), "return"),
                                           .summary = message.summary(),
                                           .description = message.description(),
                                           .deprecation_message = message.deprecation_message()};
        for (const auto& parameter : message.parameters()) function.parameters.push_back(read_parameter(parameter));
        if (message.has_variadic_parameter())
            function.variadic_parameter = read_parameter(message.variadic_parameter());
        return function;
    } catch (const Malformed& malformed) {
        return std::unexpected(malformed.what());
    }
}

}  // namespace pigsty::plugin
