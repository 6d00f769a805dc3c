#include "core/module/pgsql/spec/restore_from.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "core/base/quote.h"

namespace pigsty::module::pgsql {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }
bool is_hex(std::string_view text) {
    return !text.empty() && text.size() <= 8 && std::ranges::all_of(text, [](char c) {
        return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
    });
}
bool is_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Takes digits off the front: exactly `count`, in a range.
std::optional<int> take(std::string_view& text, std::size_t count, int least, int most) {
    if (!all_digits(text.substr(0, count)) || text.size() < count) return std::nullopt;
    int value = 0;
    std::from_chars(text.data(), text.data() + count, value);
    text.remove_prefix(count);
    return value >= least && value <= most ? std::optional(value) : std::nullopt;
}
bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || !any_of.contains(text.front())) return false;
    text.remove_prefix(1);
    return true;
}

// Seconds that "+05:30", "-08" or "Z" is ahead of UTC.
std::optional<std::int64_t> offset_of(std::string_view text) {
    if (text == "Z") return 0;
    const bool behind = text.starts_with('-');
    if (!take(text, "+-")) return std::nullopt;
    const auto hours = take(text, 2, 0, 15);
    if (!hours) return std::nullopt;
    (void)take(text, ":");
    const auto minutes = text.empty() ? std::optional(0) : take(text, 2, 0, 59);
    if (!minutes || !text.empty()) return std::nullopt;
    return (behind ? -1 : 1) * (*hours * 3600 + *minutes * 60);
}

bool is_lsn(std::string_view text) {
    const auto slash = text.find('/');
    return slash != std::string_view::npos && is_hex(text.substr(0, slash)) && is_hex(text.substr(slash + 1));
}

// 20261130-022842F, or with _20261130-032842D or I.
bool is_label(std::string_view text) {
    const auto stamp = [](std::string_view part, std::string_view kinds) {
        return part.size() == 16 && all_digits(part.substr(0, 8)) && part[8] == '-' && all_digits(part.substr(9, 6)) &&
               kinds.contains(part[15]);
    };
    return stamp(text.substr(0, 16), "F") && (text.size() == 16 || (text[16] == '_' && stamp(text.substr(17), "DI")));
}

bool is_timeline(std::string_view text) {
    return text == "latest" || text == "current" || (all_digits(text) && text.size() <= 9 && text.front() != '0');
}

std::string option(const char* name, const std::string& value) {
    return " " + shell_quote("--" + std::string(name) + "=" + value);
}

// pgBackRest wants a blank between day and time, and an offset in digits.
std::string as_backrest_has_it(std::string time) {
    std::ranges::replace(time, 'T', ' ');
    if (time.ends_with('Z')) time.replace(time.size() - 1, 1, "+00");
    return time;
}

struct Kind {
    const char* type;
    std::optional<std::string> RestoreTarget::* value;
};
constexpr std::array<Kind, 4> kKinds{{{"time", &RestoreTarget::time},
                                      {"lsn", &RestoreTarget::lsn},
                                      {"xid", &RestoreTarget::xid},
                                      {"name", &RestoreTarget::name}}};

}  // namespace

const TextRule kTargetTime{"a time with its offset from UTC, as 2026-11-28 18:11:06.96+00",
                           [](std::string_view text) { return seconds_of(text).has_value(); }};
const TextRule kTargetLsn{"a place in the WAL as pg_current_wal_lsn() tells it, as 0/5000148", is_lsn};
const TextRule kTargetXid{"the number of a transaction",
                          [](std::string_view text) { return all_digits(text) && text.size() <= 20; }};
const TextRule kTargetName{"the name of a restore point on one line, of 1 to 63 bytes",
                           [](std::string_view text) { return !text.empty() && text.size() <= 63 && is_line(text); }};
const TextRule kBackupLabel{"the label of a backup, as 20261130-022842F", is_label};
const TextRule kTargetTimeline{"a number from 1, `latest` or `current`", is_timeline};
const TextRule kCipherPass{"a key on one line", [](std::string_view text) {
                               return !text.empty() && text.size() <= 1024 && is_line(text) && text.front() != ' ' &&
                                      text.back() != ' ';
                           }};

std::optional<std::int64_t> seconds_of(std::string_view text) {
    const auto year = take(text, 4, 1970, 9999);
    if (!year || !take(text, "-")) return std::nullopt;
    const auto month = take(text, 2, 1, 12);
    if (!month || !take(text, "-")) return std::nullopt;
    const auto day = take(text, 2, 1, 31);
    if (!day || !take(text, " T")) return std::nullopt;
    const auto hour = take(text, 2, 0, 23);
    if (!hour || !take(text, ":")) return std::nullopt;
    const auto minute = take(text, 2, 0, 59);
    if (!minute || !take(text, ":")) return std::nullopt;
    const auto second = take(text, 2, 0, 59);
    if (!second) return std::nullopt;
    if (take(text, ".")) {
        const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
        if (end == 0 || end > 6) return std::nullopt;
        text.remove_prefix(end);
    }
    const auto offset = offset_of(text);
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!offset || !date.ok()) return std::nullopt;
    const auto days = std::chrono::sys_days(date).time_since_epoch().count();
    return std::int64_t{days} * 86400 + *hour * 3600 + *minute * 60 + *second - *offset;
}

Backup repository_of(const RestoreFrom& restore) {
    Backup backup;
    backup.repository = restore.repository;
    backup.s3 = restore.s3;
    if (backup.s3) backup.s3->authority_file = kRestoreAuthority;
    backup.bucket = restore.bucket;
    backup.user = restore.user;
    backup.path = restore.path;
    backup.encryption = false;
    return backup;
}

int kinds_of(const RestoreTarget& target) {
    const auto named =
        std::ranges::count_if(kKinds, [&](const Kind& kind) { return (target.*kind.value).has_value(); });
    return static_cast<int>(named) + (target.immediate.value_or(false) ? 1 : 0);
}

std::string restore_options(const RestoreFrom& restore) {
    std::string options;
    if (const auto& target = restore.target; target && target->immediate.value_or(false)) {
        options += option("type", "immediate") + option("target-action", "promote");
    } else if (target) {
        for (const Kind& kind : kKinds) {
            if (!((*target).*kind.value)) continue;
            const std::string& value = *((*target).*kind.value);
            options += option("type", kind.type) +
                       option("target", kind.value == &RestoreTarget::time ? as_backrest_has_it(value) : value) +
                       option("target-action", "promote") + (target->exclusive ? " --target-exclusive" : "");
        }
    }
    if (restore.set) options += option("set", *restore.set);
    if (restore.timeline) options += option("target-timeline", *restore.timeline);
    return options;
}

std::string meaning_of(const RestoreFrom& restore) {
    std::string text = "cluster " + restore.cluster + " in " + place_of(repository_of(restore)) + " to ";
    if (!restore.target)
        text += "the end of its archive";
    else if (restore.target->immediate.value_or(false))
        text += "the end of the backup";
    else
        for (const Kind& kind : kKinds)
            if (const auto& value = (*restore.target).*kind.value)
                text += (restore.target->exclusive ? "before " : "") + std::string(kind.type) + " " + *value;
    if (restore.set) text += ", backup " + *restore.set;
    if (restore.timeline) text += ", timeline " + *restore.timeline;
    return text;
}

}  // namespace pigsty::module::pgsql
