// Values in tests: text("db1").
#pragma once

#include "provider/value/value.h"

namespace pigsty::framework::testing {

inline value::Value text(const char* content) { return value::Value::string(content); }

}  // namespace pigsty::framework::testing
