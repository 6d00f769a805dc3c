// Settings of roles and databases (ALTER ROLE … SET, ALTER DATABASE … SET): quoting, and comparing by meaning.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/module/pgsql/session/statement.h"

namespace pigsty::module::pgsql {

using ParameterMap = std::map<std::string, std::string>;

// Whether two names are one setting's: case does not count, and some have an older name (sort_mem is work_mem).
bool same_setting(std::string_view a, std::string_view b);
// Settings whose value is a list (GUC_LIST_QUOTE in PostgreSQL): each element is quoted by itself.
bool is_list_parameter(std::string_view name);
// The elements of a list value as people and the catalog write it: `"$user", public`. Names of libraries and folders keep
// their capitals, other names lose them unless they are quoted. An empty value is a list of one empty name.
std::vector<std::string> list_elements(std::string_view name, std::string_view value);
// What PostgreSQL would not take or would take otherwise than it is written; nothing where there is nothing to say.
std::optional<std::string> list_problem(std::string_view name, std::string_view value);
// `'$user', 'public'` for a list, one literal otherwise: what stands behind SET name TO.
std::string parameter_value_sql(std::string_view name, std::string_view value);
bool same_parameter(std::string_view name, std::string_view a, std::string_view b);
// The entry of a setting in whichever spelling: names know no case, and the catalog keeps PostgreSQL's own (TimeZone).
ParameterMap::const_iterator find_parameter(const ParameterMap& parameters, std::string_view name);

// `subject`: "ROLE \"app\"" or "DATABASE \"app\"". Settings that are live but not wanted are reset: the resource owns all
// of its subject's settings.
Statements parameter_statements(const std::string& subject, const ParameterMap& wanted, const ParameterMap& live);

}  // namespace pigsty::module::pgsql
