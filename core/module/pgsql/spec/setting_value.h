// One value of a setting, read as PostgreSQL's guc.c reads it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/module/pgsql/spec/settings.h"

namespace pigsty::module::pgsql {

// parse_bool: on, off, true, false, yes and no by any beginning that is one's own, 1 and 0; in any case.
std::optional<bool> truth_of(std::string_view value);
// parse_int and parse_real, in the setting's base unit; nothing where it is none, whatever the setting's range.
std::optional<double> number_of(const Setting& setting, std::string_view value);
// config_enum_lookup_by_name, in the spelling that PostgreSQL shows; other spellings that it hides included.
std::optional<std::string> choice_of(const Setting& setting, std::string_view value);
// "expected 64kB to 2147483647kB, found \"9d\""; nothing where the value is of the setting's type and in its range.
std::optional<std::string> wrong_value(const Setting& setting, std::string_view value);

}  // namespace pigsty::module::pgsql
