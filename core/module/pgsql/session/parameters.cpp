#include "core/module/pgsql/session/parameters.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "core/base/quote.h"

namespace pigsty::module::pgsql {
namespace {

// As guc_name_compare does.
bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](unsigned char c) { return std::tolower(c); };
    return std::ranges::equal(a, b, {}, lower, lower);
}

// map_old_guc_names of PostgreSQL: the catalog keeps the new one.
std::string_view present_name(std::string_view name) {
    struct Renamed {
        std::string_view before;
        std::string_view now;
    };
    static constexpr std::array<Renamed, 3> kRenamed{
        {{"sort_mem", "work_mem"}, {"vacuum_mem", "maintenance_work_mem"}, {"ssl_ecdh_curve", "ssl_groups"}}};
    for (const Renamed& renamed : kRenamed)
        if (same_name(renamed.before, name)) return renamed.now;
    return name;
}

// What variable_is_guc_list_quote() of PostgreSQL knows. Libraries and folders: SplitDirectoriesString; the others:
// SplitIdentifierString.
constexpr std::array<std::string_view, 4> kFileLists{"local_preload_libraries", "session_preload_libraries",
                                                     "shared_preload_libraries", "unix_socket_directories"};
constexpr std::array<std::string_view, 2> kNameLists{"search_path", "temp_tablespaces"};

bool is_listed(const auto& lists, std::string_view name) {
    return std::ranges::any_of(lists, [&](std::string_view list) { return same_name(list, name); });
}

struct Element {
    std::string text{};
    bool is_quoted = false;
};

std::vector<Element> split(std::string_view value, bool keeps_case) {
    std::vector<Element> elements;
    Element element;
    bool quoted = false;
    const auto end_element = [&] {
        if (!element.is_quoted) {
            const auto first = element.text.find_first_not_of(" \t\n\r\f\v");
            const auto last = element.text.find_last_not_of(" \t\n\r\f\v");
            element.text = first == std::string::npos ? "" : element.text.substr(first, last - first + 1);
        }
        elements.push_back(std::exchange(element, {}));
    };
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (quoted && c == '"' && i + 1 < value.size() && value[i + 1] == '"') {
            element.text += '"';
            ++i;
        } else if (c == '"') {
            if (!quoted) element.text.clear();  // blanks before the quote
            quoted = !quoted;
            element.is_quoted = true;
        } else if (c == ',' && !quoted) {
            end_element();
        } else if (quoted || !element.is_quoted) {
            element.text += quoted || keeps_case ? c : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    end_element();
    return elements;
}

}  // namespace

bool same_setting(std::string_view a, std::string_view b) { return same_name(present_name(a), present_name(b)); }

bool is_list_parameter(std::string_view name) { return is_listed(kFileLists, name) || is_listed(kNameLists, name); }

std::vector<std::string> list_elements(std::string_view name, std::string_view value) {
    std::vector<std::string> elements;
    for (Element& element : split(value, is_listed(kFileLists, name))) elements.push_back(std::move(element.text));
    return elements;
}

std::optional<std::string> list_problem(std::string_view name, std::string_view value) {
    if (!is_list_parameter(name)) return std::nullopt;
    const auto elements = split(value, is_listed(kFileLists, name));
    const bool has_gap = std::ranges::any_of(
        elements, [](const Element& element) { return element.text.empty() && !element.is_quoted; });
    if (has_gap && elements.size() > 1) return "a list must not have an empty place between commas";
    const bool has_empty = std::ranges::any_of(elements, [](const Element& element) { return element.text.empty(); });
    if (has_empty && is_listed(kFileLists, name))
        return "an empty name is none of a file: PostgreSQL would look for it at every login";
    return std::nullopt;
}

std::string parameter_value_sql(std::string_view name, std::string_view value) {
    if (!is_list_parameter(name)) return sql_literal(value);
    std::string text;
    for (const std::string& element : list_elements(name, value)) {
        if (!text.empty()) text += ", ";
        text += sql_literal(element);
    }
    return text;
}

bool same_parameter(std::string_view name, std::string_view a, std::string_view b) {
    return is_list_parameter(name) ? list_elements(name, a) == list_elements(name, b) : a == b;
}

ParameterMap::const_iterator find_parameter(const ParameterMap& parameters, std::string_view name) {
    return std::ranges::find_if(parameters, [&](const auto& entry) { return same_setting(entry.first, name); });
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
