#pragma once

// The msgpack form of values, as Terraform core reads and writes it (go-cty's), driven by a type.
//
//   auto config = from_msgpack(request.config().msgpack(), schema.type());
//   if (!config) return config.error().to_string();
//   std::string bytes = *to_msgpack(value, schema.type());
//
// Encoding is canonical (members sorted, smallest number form, sets in Value's fixed order): equal values of
// a type always give equal bytes. Decoding is strict about kinds, members and tuple lengths, accepts any
// extension as unknown, any number spelling go-cty ever wrote, and never trusts a length in the input.

#include <string>
#include <string_view>

#include "provider/value/codec_error.h"
#include "provider/value/type.h"
#include "provider/value/value.h"

namespace pigsty::value {

CodecResult<Value> from_msgpack(std::string_view bytes, const Type& type);
CodecResult<std::string> to_msgpack(const Value& value, const Type& type);

}  // namespace pigsty::value
