#pragma once

// What a provider tells Terraform about itself, as plain data: the C++ twin of the protocol's Schema
// messages. Built by the framework from attribute declarations; turned into the wire format, checked for
// Terraform's load-time rules and used to type every value by provider/plugin.
//
//   BlockSchema block{.attributes = {{.name = "name", .type = value::Type::string(), .required = true}}};
//   Schema schema{.version = 0, .block = block};
//   schema.type();    // object({name = string})
//
// Schemas are built once, never changed, and outlive the server.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provider/value/type.h"

namespace pigsty::framework {

struct BlockSchema;
struct ObjectSchema;

enum class ObjectNesting { kSingle, kList, kSet, kMap };
enum class BlockNesting { kSingle, kList, kSet, kMap, kGroup };

struct AttributeSchema {
    std::string name{};
    std::optional<value::Type> type{};             // exactly one of type and
    std::shared_ptr<const ObjectSchema> nested{};  // nested is set
    std::string description{};                     // Markdown
    bool required = false;
    bool optional = false;
    bool computed = false;
    bool sensitive = false;
    bool write_only = false;
    std::string deprecation_message{};  // non-empty: deprecated

    [[nodiscard]] value::Type value_type() const;
};

// The shape of a nested attribute (`instances = { "1" = {…} }`).
struct ObjectSchema {
    ObjectNesting nesting = ObjectNesting::kSingle;
    std::vector<AttributeSchema> attributes{};

    [[nodiscard]] value::Type type() const;
};

struct NestedBlockSchema {
    std::string type_name{};
    BlockNesting nesting = BlockNesting::kList;
    std::shared_ptr<const BlockSchema> block{};
    std::int64_t min_items = 0;
    std::int64_t max_items = 0;
};

struct BlockSchema {
    std::vector<AttributeSchema> attributes{};
    std::vector<NestedBlockSchema> blocks{};
    std::string description{};
    std::string deprecation_message{};

    [[nodiscard]] value::Type type() const;
};

struct Schema {
    std::int64_t version = 0;
    BlockSchema block{};

    // The object type of the values this schema describes.
    [[nodiscard]] value::Type type() const { return block.type(); }
};

struct IdentityAttributeSchema {
    std::string name{};
    value::Type type{};
    bool required_for_import = false;
    bool optional_for_import = false;
    std::string description{};
};

struct IdentitySchema {
    std::int64_t version = 0;
    std::vector<IdentityAttributeSchema> attributes{};

    [[nodiscard]] value::Type type() const;
};

struct ParameterSchema {
    std::string name{};
    value::Type type{};
    bool allow_null = false;
    bool allow_unknown = false;
    std::string description{};
};

struct FunctionSchema {
    std::vector<ParameterSchema> parameters{};
    std::optional<ParameterSchema> variadic_parameter{};
    value::Type return_type;
    std::string summary{};
    std::string description{};
    std::string deprecation_message{};
};

}  // namespace pigsty::framework
