#pragma once

// The JSON form of values: stored state, `DynamicValue.json`, private state.
//
//   auto state = from_json(R"({"port": 5432})", schema.type());
//   auto old = from_json(raw_state, schema.type(), {.ignore_unknown_members = true});   // state upgrade
//   std::string text = *to_json(value, schema.type());
//
// Numbers keep every digit; their magnitude is bounded by that of a double (1.8e308). Missing object members
// read as null. As in Terraform, strings are accepted for numbers and bools and the reverse. `dynamic` is
// {"value": …, "type": …}. JSON has no unknown: encoding one is an error.

#include <string>
#include <string_view>

#include "provider/value/codec_error.h"
#include "provider/value/type.h"
#include "provider/value/value.h"

namespace pigsty::value {

struct JsonOptions {
    // Skip object members that the type does not have, instead of refusing them.
    bool ignore_unknown_members = false;
};

CodecResult<Value> from_json(std::string_view text, const Type& type, JsonOptions options = {});
CodecResult<std::string> to_json(const Value& value, const Type& type);

// Without a type: objects become maps, arrays lists. For state of another schema (moves, old versions).
CodecResult<Value> from_untyped_json(std::string_view text);

}  // namespace pigsty::value
