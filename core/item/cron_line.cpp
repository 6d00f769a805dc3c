#include "core/item/cron_line.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "core/item/line_format.h"

namespace pigsty::item {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kLongestCommand = 998;  // cron cuts longer ones off without a word

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<std::string_view, 8> kWords{"@reboot", "@yearly", "@annually", "@monthly",
                                                 "@weekly", "@daily",  "@midnight", "@hourly"};

struct Field {
    std::string_view name;
    int least, most;
    std::span<const std::string_view> names{};
};
constexpr std::array<Field, 5> kFields{{{"minute", 0, 59},
                                        {"hour", 0, 23},
                                        {"day of the month", 1, 31},
                                        {"month", 1, 12, kMonths},
                                        {"day of the week", 0, 7, kDays}}};

std::optional<int> number_in(std::string_view text) {
    if (text.empty() || text.size() > 4 ||
        !std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; }))
        return std::nullopt;
    return std::stoi(std::string(text));
}

std::optional<int> value_of(std::string_view text, const Field& field) {
    for (std::size_t i = 0; i < field.names.size(); ++i) {
        const bool same = text.size() == 3 && std::ranges::equal(text, field.names[i], {}, [](unsigned char c) {
                              return static_cast<char>(std::tolower(c));
                          });
        if (same) return static_cast<int>(i) + field.least;
    }
    const auto value = number_in(text);
    return value && *value >= field.least && *value <= field.most ? value : std::nullopt;
}

// "*", "*/5", "7", "1-5", "0-30/10"
bool is_range(std::string_view text, const Field& field) {
    const std::size_t slash = text.find('/');
    std::string_view range = text.substr(0, slash);
    const std::size_t dash = range.find('-');
    if (slash != std::string_view::npos) {
        const auto step = number_in(text.substr(slash + 1));
        if (!step || *step < 1 || *step > field.most || (range != "*" && dash == std::string_view::npos)) return false;
    }
    if (range == "*") return true;
    const auto first = value_of(range.substr(0, dash), field);
    if (dash == std::string_view::npos) return first.has_value();
    const auto last = value_of(range.substr(dash + 1), field);
    return first && last && *first <= *last;
}

bool is_list(std::string_view text, const Field& field) {
    while (true) {
        const std::size_t comma = text.find(',');
        if (!is_range(text.substr(0, comma), field)) return false;
        if (comma == std::string_view::npos) return true;
        text.remove_prefix(comma + 1);
    }
}

std::string_view without_indent(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

// Takes the first word off.
std::string_view take_word(std::string_view& text) {
    text = without_indent(text);
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    text = without_indent(text.substr(word.size()));
    return word;
}

// NAME = VALUE, the name perhaps in quotes.
bool is_setting(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return false;
    std::string_view name = line.substr(0, equals);
    while (!name.empty() && kBlanks.contains(name.back())) name.remove_suffix(1);
    if (name.size() > 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front()) return true;
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
           std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool is_job(std::string_view line) { return !line.empty() && line.front() != '#' && !is_setting(line); }

std::unexpected<Error> refused_line(std::string message, std::string hint) {
    return fail(Error{ErrorCode::invalid, std::move(message)}.with_hint(std::move(hint)));
}

}  // namespace

Status check_cron_line(std::string_view line) {
    TRY_VOID(check_line("the line", line, true));
    std::string_view rest = without_indent(line);
    if (!is_job(rest)) return {};
    if (rest.starts_with('@')) {
        const std::string_view word = take_word(rest);
        if (std::ranges::find(kWords, word) == kWords.end())
            return refused_line(
                fmt::format("expected one of @reboot, @yearly, @annually, @monthly, @weekly, @daily, @midnight, "
                            "@hourly, found {}",
                            word),
                "cron ignores a whole file in which it cannot read a line");
    } else {
        for (const Field& field : kFields) {
            const std::string_view text = take_word(rest);
            if (is_list(text, field)) continue;
            return refused_line(
                fmt::format("expected the {} from {} to {} (\"*\", \"7\", \"1-5\", \"*/5\", a list of these), found "
                            "\"{}\"",
                            field.name, field.least, field.most, text),
                "a line has five fields of time, the user and the command");
        }
    }
    const std::string_view user = take_word(rest);
    const bool is_name = !user.empty() && user.front() != '-' && std::ranges::all_of(user, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '$' || c == '@' || c >= 0x80;
    });
    if (!is_name || rest.empty())
        return refused_line(
            fmt::format("expected a user and a command behind the times, found \"{}{}{}\"", user,
                        rest.empty() ? "" : " ", rest.substr(0, 40)),
            "a system crontab names the user before the command: \"0 1 * * * postgres /pg/bin/pg-backup full\"");
    if (rest.size() > kLongestCommand)
        return refused_line(
            fmt::format("expected a command of at most {} bytes, found {}", kLongestCommand, rest.size()),
            "cron cuts it off there: put it into a script");
    return {};
}

std::optional<std::string> cron_user(std::string_view line) {
    std::string_view rest = without_indent(line);
    if (!is_job(rest)) return std::nullopt;
    for (int fields = rest.starts_with('@') ? 1 : 5; fields > 0; --fields) take_word(rest);
    return std::string(take_word(rest));
}

}  // namespace pigsty::item
