#include "core/item/limit_line.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/base/quote.h"
#include "core/item/file.h"

namespace pigsty::item {
namespace {

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool is_account_name(std::string_view name) {
    return !name.empty() && name.front() != '-' && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_.-$").contains(c);
    });
}

// 1000:2000, 1000: and :2000.
bool is_number_range(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.size() == 1) return false;
    const auto is_end = [](std::string_view end) {
        return std::ranges::all_of(end, [](char c) { return c >= '0' && c <= '9'; });
    };
    return is_end(text.substr(0, colon)) && is_end(text.substr(colon + 1));
}

struct ValueBounds {
    std::string_view item;
    std::int64_t least, most;
};
constexpr std::array<ValueBounds, 4> kValueBounds{
    {{"nice", -20, 19}, {"priority", -20, 19}, {"rtprio", 0, 99}, {"nonewprivs", 0, 1}}};

bool means_unlimited(std::string_view value) { return value == "unlimited" || value == "infinity" || value == "-1"; }

// What pam_limits would pass over, and sessions of those whom a mistake would lock out.
std::string sessions_check(const std::vector<LimitLine>& lines) {
    std::set<std::string> users;
    std::string files;
    for (const LimitLine& line : lines) {
        if (is_account_name(line.domain)) users.insert(line.domain);
        if (line.item == "nofile") files += " " + shell_quote(line.value);
    }
    std::string script = "most=$(cat /proc/sys/fs/nr_open)\nfor files in" + files +
                         R"sh(; do
  [ "$files" -gt "$most" ] || continue
  echo "limits: nofile $files is more than this kernel allows (fs.nr_open is $most) and would not hold"; exit 1
done
command -v su >/dev/null || exit 0
for user in root "$PIGSTY_LOGIN")sh";
    for (const std::string& user : users) script += " " + shell_quote(user);
    return script + R"sh(; do
  [ -n "$user" ] && getent passwd "$user" >/dev/null || continue
  why=$(su -s /bin/sh -c : -- "$user" 2>&1 </dev/null) && continue
  echo "limits: with these $user could not open a session any more: $(printf '%s' "$why" | tr '\n' ' '); the file is as before"
  exit 1
done
)sh";
}

}  // namespace

Status check_limit_domain(std::string_view domain) {
    const bool is_group = domain.starts_with('@') || domain.starts_with('%');
    const std::string_view name = is_group ? domain.substr(1) : domain;
    if (domain == "*" || domain == "%" || is_account_name(name) || is_number_range(name)) return {};
    return fail(ErrorCode::invalid,
                fmt::format("expected a user, @group, %group, * or a range of numbers such as 1000:2000, found \"{}\"",
                            domain));
}

Status check_limit_value(std::string_view item, std::string_view value) {
    const auto number = number_of(value);
    if (const auto* bounds = std::ranges::find(kValueBounds, item, &ValueBounds::item); bounds != kValueBounds.end()) {
        if (number && *number >= bounds->least && *number <= bounds->most) return {};
        return fail(ErrorCode::invalid, fmt::format("expected for {} a number from {} to {}, found \"{}\"", item,
                                                    bounds->least, bounds->most, value));
    }
    if (item == "nofile") {
        if (number && *number > 0) return {};
        return fail(
            Error{ErrorCode::invalid, fmt::format("expected for nofile a number of open files, found \"{}\"", value)}
                .with_hint("the kernel has no unlimited one, and such a line would not hold: 1048576 is what "
                           "fs.nr_open allows by default"));
    }
    if (means_unlimited(value) || (number && *number >= 0)) return {};
    return fail(ErrorCode::invalid, fmt::format("expected for {} a number or unlimited, found \"{}\"", item, value));
}

ItemPtr limits_file(const std::string& name, const std::vector<LimitLine>& lines) {
    std::string text = "# Limits of pigsty; written whole\n";
    for (const LimitLine& line : lines)
        text += fmt::format("{} {} {} {}\n", line.domain, line.type, line.item, line.value);
    return std::make_shared<FileItem>(FileSpec{.path = "/etc/security/limits.d/" + name + ".conf",
                                               .content = std::move(text),
                                               .check = sessions_check(lines),
                                               .check_where = CheckWhere::placed});
}

}  // namespace pigsty::item
