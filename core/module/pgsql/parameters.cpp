#include "core/module/pgsql/parameters.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/base/quote.h"

namespace pigsty::module::pgsql {
namespace {

// As guc_name_compare does.
bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](unsigned char c) { return std::tolower(c); };
    return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

bool is_list_parameter(std::string_view name) {
    static constexpr std::array<std::string_view, 5> kLists{"local_preload_libraries", "search_path",
                                                            "session_preload_libraries", "shared_preload_libraries",
                                                            "temp_tablespaces"};
    return std::ranges::any_of(kLists, [&](std::string_view list) { return same_name(list, name); });
}

// SplitIdentifierString: unquoted elements are folded to lower case, quoted ones are taken as they are.
std::vector<std::string> list_elements(std::string_view value) {
    std::vector<std::string> elements;
    std::string element;
    bool quoted = false;
    bool was_quoted = false;
    const auto end_element = [&] {
        if (!was_quoted) {
            const auto first = element.find_first_not_of(" \t\n");
            const auto last = element.find_last_not_of(" \t\n");
            element = first == std::string::npos ? "" : element.substr(first, last - first + 1);
        }
        if (was_quoted || !element.empty()) elements.push_back(element);
        element.clear();
        was_quoted = false;
    };
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (quoted && c == '"' && i + 1 < value.size() && value[i + 1] == '"') {
            element += '"';
            ++i;
        } else if (c == '"') {
            if (!quoted) element.clear();  // blanks before the quote
            quoted = !quoted;
            was_quoted = true;
        } else if (c == ',' && !quoted) {
            end_element();
        } else if (quoted || !was_quoted) {
            element += quoted ? c : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    end_element();
    return elements;
}

std::string parameter_value_sql(std::string_view name, std::string_view value) {
    if (!is_list_parameter(name)) return sql_literal(value);
    std::string text;
    for (const std::string& element : list_elements(value)) {
        if (!text.empty()) text += ", ";
        text += sql_literal(element);
    }
    return text.empty() ? "''" : text;
}

bool same_parameter(std::string_view name, std::string_view a, std::string_view b) {
    return is_list_parameter(name) ? list_elements(a) == list_elements(b) : a == b;
}

ParameterMap::const_iterator find_parameter(const ParameterMap& parameters, std::string_view name) {
    return std::ranges::find_if(parameters, [&](const auto& entry) { return same_name(entry.first, name); });
}

Statements parameter_statements(const std::string& subject, const ParameterMap& wanted, const ParameterMap& live) {
    Statements statements;
    const auto add = [&](std::string text) {
        statements.push_back({.text = "ALTER " + subject + " " + std::move(text)});
    };
    for (const auto& [name, value] : live)
        if (find_parameter(wanted, name) == wanted.end()) add("RESET " + sql_identifier(name));
    for (const auto& [name, value] : wanted) {
        const auto found = find_parameter(live, name);
        if (found != live.end() && same_parameter(name, found->second, value)) continue;
        add("SET " + sql_identifier(name) + " TO " + parameter_value_sql(name, value));
    }
    return statements;
}

}  // namespace pigsty::module::pgsql
