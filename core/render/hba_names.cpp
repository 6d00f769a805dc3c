#include "core/render/hba_names.h"

#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>

namespace pigsty::render {
namespace {

constexpr std::array<std::string_view, 5> kKeywords{"all", "sameuser", "samerole", "samegroup", "replication"};

void skip_blanks(std::string_view& text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

// Takes the quoted text that `rest` begins with; nothing where its quotes do not end.
std::optional<std::string> take_quoted(std::string_view& rest) {
    std::string name;
    for (std::size_t at = 1; at < rest.size(); ++at) {
        if (rest[at] == '"') {
            if (at + 1 == rest.size() || rest[at + 1] != '"') {
                rest.remove_prefix(at + 1);
                return name;
            }
            ++at;  // two of them are one of the name
        }
        name += rest[at];
    }
    return std::nullopt;
}

std::string take_bare(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    while (word.ends_with(' ') || word.ends_with('\t')) word.remove_suffix(1);
    return std::string(word);
}

bool is_simple(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.' || c == '$';
    });
}

}  // namespace

Result<std::vector<HbaName>> parse_hba_names(std::string_view list) {
    std::vector<HbaName> names;
    for (std::string_view rest = list;;) {
        skip_blanks(rest);
        HbaName name;
        name.membership = rest.starts_with('+');
        if (name.membership) rest.remove_prefix(1);
        if (rest.starts_with('"')) {
            auto text = take_quoted(rest);
            if (!text)
                return fail(ErrorCode::invalid, fmt::format("expected a second \" that ends the name in {}", list));
            name.text = *std::move(text);
            name.quoted = true;
            skip_blanks(rest);
            if (!rest.empty() && !rest.starts_with(','))
                return fail(
                    ErrorCode::invalid,
                    fmt::format("expected a comma or the end behind the quoted name in {}, found {}", list, rest));
        } else {
            name.text = take_bare(rest);
        }
        names.push_back(std::move(name));
        if (rest.empty()) return names;
        rest.remove_prefix(1);
    }
}

bool is_hba_database_keyword(std::string_view word) { return std::ranges::find(kKeywords, word) != kKeywords.end(); }

std::string hba_name_text(std::string_view name) {
    if (is_simple(name) && !is_hba_database_keyword(name)) return std::string(name);
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

}  // namespace pigsty::render
